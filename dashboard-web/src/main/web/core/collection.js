// A live copy of one list: list, then watch from its resourceVersion, for as long as it is used.
import { ApiError, json, query, send } from "./http.js";
import { session } from "./session.js";
import { takeStream } from "./streams.js";

const PAGE = 500;
const WATCH_SECONDS = 290;
const POLL_MS = 5000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30000;

export const key = (object) => object.metadata.uid ?? `${object.metadata.namespace}/${object.metadata.name}`;

class Expired extends Error {}

/**
 * States: "loading" → "live" (a watch is open) or "polling" (no stream was free), "reconnecting"
 * (shown data may be old), "denied" (403), "absent" (404). Listeners are told at most once a frame.
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
  }

  /** Ends a pause or a watch that may be dead: after sleep, or when the network is back. */
  nudge() {
    this.wake?.();
    this.connection?.abort();
  }

  async run(signal) {
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const started = performance.now();
      try {
        if (!this.resourceVersion) await this.list(signal);
        const release = takeStream();
        if (release) {
          try {
            await this.watch(signal);
          } finally {
            release();
          }
        } else {
          this.become("polling");
          await this.sleep(POLL_MS, signal);
          this.resourceVersion = "";
        }
        if (performance.now() - started > 1000) pause = FIRST_PAUSE_MS;
        else await this.sleep(FIRST_PAUSE_MS, signal);
      } catch (error) {
        if (signal.aborted || session.state === "out") return;
        if (error instanceof Expired) {
          this.resourceVersion = "";
          if (performance.now() - started > 1000) pause = FIRST_PAUSE_MS;
          await this.sleep(Math.min(pause, 2000) * Math.random(), signal);
          continue;
        }
        this.error = error;
        if (error.code === 401) return;
        if (error.code === 403) this.become("denied");
        else if (error.code === 404) this.become("absent");
        else this.become("reconnecting");
        const patience = error.code === 403 || error.code === 404 ? 60000 : pause;
        await this.sleep(patience * (0.5 + Math.random() / 2), signal);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
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

  async watch(signal) {
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
      this.become("reconnecting");
    } finally {
      clearTimeout(dead);
      signal.removeEventListener("abort", end);
    }
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
    for (const listener of this.eventListeners) listener(type, object, old);
  }

  become(state) {
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
