// A container's log, line by line, over as many connections as it takes: every line once, in order.
import { send } from "./http.js";

const AGAIN_MS = [0, 100, 300, 800, 2000, 4000];
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d) /;

/** {at, text}; at: the time with nine digits after the second, so that times of one writer sort as texts. */
export function parseLine(line) {
  const found = STAMP.exec(line);
  if (!found) return { at: "", text: line };
  const [head, second, fraction = "", zone] = found;
  return { at: `${second}.${fraction.padEnd(9, "0")}${zone}`, text: line.slice(head.length) };
}

/** Drops what was given before: after a break the server begins again at the last line's second. */
class Place {
  at = "";
  same = 0;
  skip = 0;

  resume() {
    this.skip = this.same;
  }

  /** True if the line is a new one. */
  pass({ at }) {
    if (!at) return true;
    if (at < this.at) return false;
    if (at === this.at) {
      if (this.skip > 0) {
        this.skip--;
        return false;
      }
      this.same++;
    } else {
      this.at = at;
      this.same = 1;
    }
    this.skip = 0;
    return true;
  }

  /** The whole second of the last line: sinceTime has no fractions everywhere. */
  get since() {
    return this.at.replace(/\.\d+/, "");
  }
}

/**
 * Reads until the log ends, the signal aborts, or nobody has answered for a while, which throws.
 *
 * @param pathOf gives the address for {tailLines} or {sinceTime}; its answer must have timestamps
 * @param onLine hears {at, text} of each line
 * @param onOpen is called whenever a connection stands
 */
export async function readLog({ pathOf, tail, signal, onLine, onOpen }) {
  const place = new Place();
  for (let failures = 0; ; ) {
    try {
      const response = await send(
        pathOf(place.at ? { sinceTime: place.since } : { tailLines: tail }), { accept: "*/*", signal });
      onOpen();
      const before = performance.now();
      try {
        await lines(response, (line) => {
          const one = parseLine(line);
          if (place.pass(one)) onLine(one);
        });
        return;
      } finally {
        if (performance.now() - before > 1000) failures = 0;
      }
    } catch (error) {
      if (signal.aborted || error.code > 0 || failures >= AGAIN_MS.length) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS[failures++]));
      place.resume();
    }
  }
}

async function lines(response, each) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = parts.pop();
    parts.forEach(each);
  }
  if (rest) each(rest);
}
