// How a Pod flows: the way of one Pod through the cluster, live, told by its own fields and events.
import { html, nothing } from "lit";
import { changes, laps, mark, stations, timeline } from "../core/flow.js";
import { Event, Pod, href } from "../core/kinds.js";
import { podStatus } from "../core/podstatus.js";
import { prefs } from "../core/prefs.js";
import { go, route } from "../core/route.js";
import { collection, Live } from "../core/store.js";
import { ageOf, card, pending, pill } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { created } from "./columns.js";

const KEEP = 60;
const PODS = 200;
const WHO = {
  apiserver: "Every request comes here first, whoever sends it. It is checked, completed and only then stored.",
  store: "The accepted Pod is written durably and gets a resourceVersion: one number that orders all changes.",
  hub: "The change is one event in one ordered stream. Everybody who watches Pods gets it, this page too.",
  scheduler: "Sees a Pod without a node, filters and scores the nodes, and writes the name of one into the Pod.",
  kubelet: "The chosen node's agent sees a Pod with its name, makes the sandbox and network, pulls the images.",
  container: "The container runtime starts the processes. The kubelet reports what became of them.",
  ready: "When the probes pass, the Pod is Ready, and EndpointSlices send Services' traffic to it.",
};

class FlowPage extends Page {
  static properties = { seen: { state: true }, pulse: { state: true } };

  constructor() {
    super();
    this.seen = new Map();
    this.marks = new Map();
    this.pulse = "";
    this.live = new Live(this, () => [this.pods(), this.events()]);
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.quiet?.();
    this.listened = null;
  }

  /** Hears every change of every Pod, also those too quick to be drawn. */
  listen() {
    const list = this.pods();
    if (this.listened === list) return;
    this.quiet?.();
    this.listened = list;
    const heard = (type, now, old) => this.heard(type, now, old, list);
    list.eventListeners.add(heard);
    this.quiet = () => list.eventListeners.delete(heard);
  }

  willUpdate() {
    this.listen();
  }

  heard(type, now, old, list) {
    if (!list.loaded) return;
    const { uid } = now.metadata;
    const at = performance.now();
    if (type === "ADDED") this.marks.set(uid, mark(new Map(), now, at));
    else if (this.marks.has(uid)) mark(this.marks.get(uid), now, at);
    const all = this.seen.get(uid) ?? [];
    const fields = type === "MODIFIED" && old ? changes(old, now) : [];
    all.push({ type, received: Date.now(), version: now.metadata.resourceVersion, fields });
    this.seen.set(uid, all.slice(-KEEP));
    this.keepFew();
    this.pulse = type === "ADDED" ? "apiserver" : fields.some((f) => f.startsWith("spec.nodeName"))
      ? "scheduler" : fields.some((f) => f.includes("containerStatuses")) ? "container" : "kubelet";
    clearTimeout(this.calm);
    this.calm = setTimeout(() => (this.pulse = ""), 1200);
  }

  /** Remembers the newest Pods only. */
  keepFew() {
    for (const kept of [this.seen, this.marks]) {
      while (kept.size > PODS) kept.delete(kept.keys().next().value);
    }
  }

  pods() {
    return collection(Pod, route.parts[1] ? "" : prefs.namespace);
  }

  events() {
    return collection(Event, route.parts[1] ?? prefs.namespace);
  }

  /** The chosen Pod, or the newest. */
  pod() {
    const [, namespace, name] = route.parts;
    const all = this.pods().all;
    if (name) return all.find((p) => p.metadata.name === name && p.metadata.namespace === namespace);
    return all.reduce((best, p) => (!best || created(p) > created(best) ? p : best), null);
  }

  render() {
    const list = this.pods();
    const pod = this.pod();
    const newest = [...list.all].sort((a, b) => created(b) - created(a)).slice(0, 100);
    const chosen = route.parts[2] ? `${route.parts[1]}/${route.parts[2]}` : "";
    return html`<div class="page-head"><div><h1>How a Pod flows</h1></div><span class="grow"></span>
        <label class="inline">Pod <select @change=${(e) => go(`#/flow${e.target.value ? `/${e.target.value}` : ""}`)}>
          <option value="" ?selected=${!chosen}>the newest, as they come</option>
          ${newest.map((p) => {
            const id = `${p.metadata.namespace}/${p.metadata.name}`;
            return html`<option value=${id} ?selected=${id === chosen}>${p.metadata.name}</option>`;
          })}</select></label></div>
      ${pending(list) ?? (pod ? this.way(pod) : html`<div class="card"><div class="empty">
        <p>${chosen ? "This Pod is gone." : "There is no Pod. Create one and watch it come."}</p></div></div>`)}`;
  }

  way(pod) {
    const events = this.events().all.filter((e) => e.involvedObject?.uid === pod.metadata.uid);
    const seen = this.seen.get(pod.metadata.uid) ?? [];
    const start = created(pod);
    const rows = timeline(pod, events);
    const status = podStatus(pod);
    const marks = this.marks.get(pod.metadata.uid) ?? new Map();
    return html`<p class="flow-title">${pill(status.tone, status.status)}
        <a href=${href(Pod, pod.metadata.namespace, pod.metadata.name)}>${pod.metadata.name}</a>
        <span class="dim">in ${pod.metadata.namespace}, created ${ageOf(pod.metadata.creationTimestamp)} ago</span></p>
      ${waterfall(laps(marks))}
      <ol class="way">${stations(pod, events, seen).map((s, n) => html`
        <li class="station ${s.state} ${this.pulse === s.id ? "pulse" : ""}">
          <div class="station-head"><span class="step" aria-hidden="true">${n + 1}</span><h2>${s.title}</h2>
            <span class="when num">${measured(marks, s.id) ?? (s.at ? offset(s.at - start) : STATE[s.state])}</span></div>
          <ul>${s.facts.map((f) => html`<li>${f}</li>`)}</ul>
          <p class="dim">${WHO[s.id]}</p></li>`)}</ol>
      <div class="two">
        ${card("In order", html`<div class="scroller" tabindex="0" role="group" aria-label="In order"><table class="plain timeline"><thead><tr><th class="num">After</th><th>Who</th><th>What</th><th class="p2">More</th></tr></thead>
          <tbody>${rows.map((r) => html`<tr class=${r.bad ? "bad" : ""}><td class="num">${offset(r.at - start)}</td>
            <td class="dim">${r.who}</td><td>${r.what}${r.times > 1 ? html` <span class="count">×${r.times}</span>` : nothing}</td>
            <td class="wrap dim p2">${r.more}</td></tr>`)}</tbody></table></div>`)}
        ${card("Changes this page was sent", seen.length ? html`<ol class="feed">${[...seen].reverse().map((s) => html`<li>
            <div class="feed-head"><b>${s.type}</b><span class="mono dim">${s.version}</span>
              <span class="right num">${seen[0].type === "ADDED" ? exact(s.received - seen[0].received)
                : offset(s.received - start)}</span></div>
            ${s.fields.map((f) => html`<p class="mono small">${f}</p>`)}</li>`)}</ol>`
          : html`<div class="empty"><p class="dim">Nothing has changed since this page was opened. Delete the Pod
            of a Deployment, and watch the next one come.</p></div>`)}
      </div>`;
  }
}

/** Which step tells when a station was reached. */
const REACHED = { apiserver: "stored", store: "stored", hub: "stored", scheduler: "bound", kubelet: "accepted", container: "started", ready: "ready" };

function measured(marks, station) {
  const at = marks.get(REACHED[station]);
  return at === undefined ? null : exact(at - marks.get("stored"));
}

const exact = (ms) => (ms < 9995 ? `+${Math.round(ms)} ms` : `+${(ms / 1000).toFixed(1)} s`);

/** One bar a step, each beginning where the one before ended. */
function waterfall(steps) {
  if (!steps.length) return nothing;
  const whole = Math.max(1, steps.at(-1).to);
  return card("Measured here, in milliseconds", html`<ol class="laps">${steps.map(({ id, title, from, to }) => html`
    <li data-step=${id}><span>${title}</span><span class="track"><span class="fill"
      .style=${`left: ${(from / whole) * 100}%; width: ${Math.max(0.4, ((to - from) / whole) * 100)}%`}></span></span>
      <span class="num">${Math.round(to - from)} ms</span><span class="num dim">${exact(to)}</span></li>`)}</ol>`);
}

const STATE = { now: "now", wait: "waits", bad: "stuck", done: "" };

/** Kubernetes' timestamps are whole seconds; only what has more digits shows them. */
function offset(ms) {
  if (ms < 0) return "+0s";
  if (ms < 10000 && ms % 1000) return `+${(ms / 1000).toFixed(2)}s`;
  if (ms < 120000) return `+${Math.round(ms / 1000)}s`;
  if (ms < 7200000) return `+${Math.round(ms / 60000)}m`;
  return `+${Math.round(ms / 3600000)}h`;
}

customElements.define("flow-page", FlowPage);
