// The store: every page asks here, so that one list is watched once however many show it.
import { Collection } from "./collection.js";
import { query } from "./http.js";
import { onSession } from "./session.js";
import { listPath } from "./kinds.js";
import { scarce } from "./streams.js";

const LINGER_MS = 15000;
const entries = new Map();
const stateListeners = new Set();

/** The shared collection of a kind; namespace "" means all of them. */
export function collection(kind, namespace = "", parameters = {}) {
  const path = listPath(kind, namespace);
  const id = path + query(parameters);
  let entry = entries.get(id);
  if (!entry) {
    entry = { id, users: 0, linger: null, value: new Collection(path, parameters) };
    entry.value.listeners.add(() => stateListeners.forEach((listener) => listener()));
    entries.set(id, entry);
  }
  return entry.value;
}

function entryOf(wanted) {
  for (const entry of entries.values()) if (entry.value === wanted) return entry;
  return null;
}

/** Keeps a collection running until the returned function is called (and a little longer). */
export function use(wanted, listener) {
  const entry = entryOf(wanted);
  if (listener) wanted.listeners.add(listener);
  if (entry) {
    entry.users++;
    clearTimeout(entry.linger);
  }
  wanted.start();
  let used = true;
  return () => {
    if (!used) return;
    used = false;
    if (listener) wanted.listeners.delete(listener);
    if (!entry || --entry.users > 0) return;
    entry.linger = setTimeout(() => {
      wanted.stop();
      entries.delete(entry.id);
    }, scarce() ? 0 : LINGER_MS);
  };
}

/** What the connection light shows: the worst state of what is in use. */
export function connection() {
  let worst = "live";
  for (const { value, users } of entries.values()) {
    if (users === 0) continue;
    if (value.state === "reconnecting") return "reconnecting";
    if (value.state === "loading") worst = "loading";
  }
  return worst;
}

export function onConnection(listener) {
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

export function nudgeAll() {
  for (const { value } of entries.values()) value.nudge();
}

/** For tests and the curious: what is open, and how often it was listed and watched. */
export function inspect() {
  return [...entries.values()].map(({ id, users, value }) => ({
    id, users, state: value.state, items: value.items.size, lists: value.lists,
    watches: value.watches, resourceVersion: value.resourceVersion,
  }));
}

onSession((session) => {
  if (session.state !== "out") return;
  for (const entry of entries.values()) {
    clearTimeout(entry.linger);
    entry.value.stop();
  }
  entries.clear();
});

addEventListener("online", nudgeAll);
// A page kept for "back" must not keep its streams: the next page may need the connections.
addEventListener("pagehide", () => entries.forEach(({ value }) => value.stop()));
addEventListener("pageshow", (event) => {
  if (event.persisted) entries.forEach(({ users, value }) => users > 0 && value.start());
});
let hiddenAt = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (hiddenAt && Date.now() - hiddenAt > 60000) nudgeAll();
});

/**
 * A Lit controller: keeps the collections that `wanted()` names in use while its host is shown,
 * and renders the host when one changes. `wanted` is asked before every render.
 */
export class Live {
  constructor(host, wanted) {
    this.host = host;
    this.wanted = wanted;
    this.held = new Map();
    host.addController(this);
  }

  hostConnected() {
    this.sync();
  }

  hostUpdate() {
    this.sync();
  }

  hostDisconnected() {
    for (const release of this.held.values()) release();
    this.held.clear();
  }

  sync() {
    if (!this.host.isConnected) return;
    const now = new Set(this.wanted().filter(Boolean));
    for (const one of now) {
      if (!this.held.has(one)) this.held.set(one, use(one, () => this.host.requestUpdate()));
    }
    for (const [one, release] of this.held) {
      if (!now.has(one)) {
        release();
        this.held.delete(one);
      }
    }
  }
}
