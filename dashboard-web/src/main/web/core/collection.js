// A live copy of one list: list, then watch from its resourceVersion, for as long as it is used.
import { ApiError, json, query, send } from "./http.js";
import { session } from "./session.js";
import { takeStream } from "./streams.js";

const PAGE = 500;
const WATCH_SECONDS = 290;
const POLL_MS = 5000;
const SECOND_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30000;
const REFUSED_PAUSE_MS = 60000;
const EXPIRED_PAUSE_MS = 300;
const LASTED_MS = 1000;
/** An interruption shorter than this is nobody's concern. */
const GRACE_MS = 1000;

export const key = (object) => object.metadata.uid ?? `${object.metadata.namespace}/${object.metadata.name}`;

class Expired extends Error {}

/** None after the first failure, then longer and longer, and never the same for everybody. */
const backOff = (failures) => failures < 2 ? 0
  : Math.min(SECOND_PAUSE_MS * 2 ** (failures - 2), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);

/**
 * States: "loading" → "live" (a watch is open) or "polling" (no stream was free), "reconnecting"
 * (shown data may be old, for a second already), "denied" (403), "absent" (404). Listeners are told at most once a frame.
 */
export class Collection {
  constructor(path, parameters = {}) {
    this.path = path;
    this.parameters = parameters;
    this.items = new Map();
    this.state = "loading";
    this.error = null;
    this.version = 0;
    this.resourceVersion = "";
    this.listeners = new Set();
    this.eventListeners = new Set();
    this.lists = 0;
    this.watches = 0;
    this.running = null;
    this.wake = null;
    this.grace = null;
  }

  /** The items in the order of the server, as one array per version. */
  get all() {
    if (this.cachedVersion !== this.version) {
      this.cachedVersion = this.version;
      this.cached = [...this.items.values()];
    }
    return this.cached;
  }

  get loaded() {
    return this.lists > 0;
  }

  start() {
    if (this.running) return;
    this.running = new AbortController();
    void this.run(this.running.signal);
  }

  stop() {
    this.running?.abort();
    this.running = null;
    clearTimeout(this.grace);
    this.grace = null;
  }

  /** Ends a pause or a watch that may be dead: after sleep, or when the network is back. */
  nudge() {
    this.wake?.();
    this.connection?.abort();
  }

  async run(signal) {
    let failures = 0;
    while (!signal.aborted) {
      let patience = null;
      try {
        if (!this.resourceVersion) await this.list(signal);
        const release = takeStream();
        if (release) {
          try {
            failures = (await this.watch(signal)) ? 0 : failures + 1;
          } finally {
            release();
          }
        } else {
          this.become("polling");
          await this.sleep(POLL_MS, signal);
          this.resourceVersion = "";
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted || session.state === "out" || error.code === 401) return;
        failures++;
        if (error instanceof Expired) {
          this.resourceVersion = "";
          // Everybody's history ran out at the same time: do not all list at the same time.
          patience = Math.random() * EXPIRED_PAUSE_MS + backOff(failures);
        } else {
          this.error = error;
          if (error.code === 403) this.become("denied");
          else if (error.code === 404) this.become("absent");
          else this.interrupted();
          if (error.code === 403 || error.code === 404) patience = REFUSED_PAUSE_MS;
        }
      }
      await this.sleep(patience ?? backOff(failures), signal);
    }
  }

  /** Says "reconnecting" unless it goes on soon: a network that changes breaks every watch for a moment. */
  interrupted() {
    this.grace ??= setTimeout(() => this.become("reconnecting"), GRACE_MS);
  }

  async list(signal) {
    const items = new Map();
    let next = "";
    let page;
    do {
      try {
        page = await json(
          this.path + query({ ...this.parameters, limit: PAGE, continue: next }), { signal });
      } catch (error) {
        if (error.code === 410) throw new Expired();
        throw error;
      }
      for (const item of page.items ?? []) {
        this.complete(item, page);
        items.set(key(item), item);
      }
      next = page.metadata?.continue ?? "";
    } while (next);
    for (const [id, item] of items) {
      const old = this.items.get(id);
      if (!old) this.tell("ADDED", item, null);
      else if (old.metadata.resourceVersion !== item.metadata.resourceVersion) {
        this.tell("MODIFIED", item, old);
      }
    }
    for (const [id, old] of this.items) if (!items.has(id)) this.tell("DELETED", old, old);
    this.items = items;
    this.resourceVersion = page.metadata?.resourceVersion ?? "";
    this.lists++;
    this.error = null;
    this.changed();
  }

  /** List items come without kind and apiVersion; managed fields are the half nobody reads. */
  complete(item, list) {
    item.apiVersion ??= list.apiVersion;
    item.kind ??= list.kind?.replace(/List$/, "");
    delete item.metadata.managedFields;
  }

  /** Watches until the stream ends; true if it was a good one, after which the next may follow at once. */
  async watch(signal) {
    const started = performance.now();
    const before = this.resourceVersion;
    const connection = new AbortController();
    this.connection = connection;
    const end = () => connection.abort();
    signal.addEventListener("abort", end);
    const dead = setTimeout(end, (WATCH_SECONDS + 30) * 1000);
    try {
      const response = await send(
        this.path + query({
          ...this.parameters,
          watch: 1,
          allowWatchBookmarks: true,
          resourceVersion: this.resourceVersion,
          timeoutSeconds: WATCH_SECONDS,
        }),
        { signal: connection.signal });
      this.watches++;
      this.error = null;
      this.become("live");
      await this.read(response.body.getReader());
    } catch (error) {
      if (error.code === 410) throw new Expired();
      if (error instanceof ApiError || error instanceof Expired || signal.aborted) throw error;
      // The connection broke or was nudged: resume from the last version that was seen.
      this.interrupted();
    } finally {
      clearTimeout(dead);
      signal.removeEventListener("abort", end);
    }
    return performance.now() - started > LASTED_MS || this.resourceVersion !== before;
  }

  async read(reader) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) this.apply(JSON.parse(line));
    }
  }

  apply({ type, object }) {
    if (type === "ERROR") {
      if (object.code === 410) throw new Expired();
      throw new ApiError(object.code ?? 500, object);
    }
    this.resourceVersion = object.metadata.resourceVersion;
    if (type === "BOOKMARK") return;
    delete object.metadata.managedFields;
    const id = key(object);
    const old = this.items.get(id) ?? null;
    if (type === "DELETED") this.items.delete(id);
    else this.items.set(id, object);
    this.tell(type, object, old);
    this.changed();
  }

  tell(type, object, old) {
    for (const listener of this.eventListeners) {
      try {
        listener(type, object, old);
      } catch (error) {
        // A page's fault is the page's, and no reason to take the stream for broken.
        reportError(error);
      }
    }
  }

  become(state) {
    clearTimeout(this.grace);
    this.grace = null;
    if (this.state === state) return;
    this.state = state;
    this.changed();
  }

  changed() {
    this.version++;
    if (this.scheduled) return;
    this.scheduled = true;
    const flush = () => {
      this.scheduled = false;
      for (const listener of this.listeners) listener(this);
    };
    if (document.hidden) setTimeout(flush, 500);
    else requestAnimationFrame(flush);
  }

  sleep(ms, signal) {
    if (ms <= 0) return null;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end);
      this.wake = end;
    });
  }
}
