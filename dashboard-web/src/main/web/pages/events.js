// Events: what the cluster said it did, newest first, as it says it.
import { html, nothing } from "lit";
import { collection, Live } from "../core/store.js";
import { prefs } from "../core/prefs.js";
import { count, lastSeen } from "../core/eventtime.js";
import { Event } from "../core/kinds.js";
import { ageOf, empty, pending, pill, reference } from "../ui/bits.js";
import { Page, Part } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import "../ui/table.js";

export const newestFirst = (events) =>
  [...events].sort((a, b) => (lastSeen(b) ?? "").localeCompare(lastSeen(a) ?? ""));

const columns = (allNamespaces) => [
  { label: "Last seen", value: (e) => -Date.parse(lastSeen(e) ?? 0), cell: (e) => ageOf(lastSeen(e)) },
  { label: "Type", value: (e) => e.type, priority: 2,
    cell: (e) => pill(e.type === "Warning" ? "bad" : "done", e.type) },
  { label: "Reason", value: (e) => e.reason },
  { label: "Object", value: (e) => `${e.involvedObject?.kind}/${e.involvedObject?.name}`,
    cell: (e) => reference(e.involvedObject ?? {}, e.metadata.namespace) },
  ...(allNamespaces ? [{ label: "Namespace", priority: 3, value: (e) => e.metadata.namespace }] : []),
  { label: "Message", grow: true, priority: 2, value: (e) => e.message,
    cell: (e) => html`<span title=${e.message}>${e.message}</span>` },
  { label: "Count", num: true, priority: 3, value: count },
  { label: "From", priority: 3, value: (e) => e.reportingComponent || e.source?.component || "" },
];

class EventsPage extends Page {
  static properties = { filter: { state: true }, warnings: { state: true } };

  constructor() {
    super();
    this.filter = "";
    this.warnings = false;
    this.live = new Live(this, () => [collection(Event, prefs.namespace)]);
  }

  render() {
    const list = collection(Event, prefs.namespace);
    const rows = this.warnings ? list.all.filter((e) => e.type === "Warning") : list.all;
    return html`<div class="page-head"><h1>Events</h1>
        <span class="dim" role="status">${list.loaded ? rows.length : ""}</span><span class="grow"></span>
        <label class="check"><input type="checkbox" .checked=${this.warnings}
          @change=${(e) => (this.warnings = e.target.checked)}>Warnings only</label>
        <label class="filter">${icon("search")}<span class="hidden">Filter events</span>
          <input type="search" placeholder="Filter" data-filter .value=${this.filter}
            @input=${(e) => (this.filter = e.target.value)}></label></div>
      <div class="card flush">${pending(list) ?? html`<data-table .columns=${columns(!prefs.namespace)}
        .rows=${rows} .filter=${this.filter} .label=${"Events"} .nothing=${"No events in the last hour."}
        ></data-table>`}</div>`;
  }
}
customElements.define("events-page", EventsPage);

/** Events as a short list: the newest of all, or those of one object. */
class EventFeed extends Part {
  static properties = {
    namespace: {}, uid: {}, object: { attribute: false }, limit: { type: Number },
  };

  constructor() {
    super();
    this.namespace = "";
    this.object = null;
    this.limit = 40;
    this.live = new Live(this, () => [this.list()]);
  }

  list() {
    return this.object
      ? collection(Event, this.object.metadata.namespace ?? "", {
          fieldSelector: `involvedObject.name=${this.object.metadata.name}`,
        })
      : collection(Event, this.namespace);
  }

  render() {
    const list = this.list();
    const waiting = pending(list);
    if (waiting) return waiting;
    let events = list.all;
    if (this.object) {
      const { uid, name } = this.object.metadata;
      events = events.filter((e) =>
        e.involvedObject?.kind === this.object.kind && e.involvedObject.name === name
        && (!e.involvedObject.uid || e.involvedObject.uid === uid
          || e.involvedObject.uid === name));
    }
    if (!events.length) return empty("No events in the last hour.");
    return html`<ol class="feed">${newestFirst(events).slice(0, this.limit).map((e) => html`
      <li class=${e.type === "Warning" ? "bad" : ""}>
        <div class="feed-head"><b>${e.reason}</b>
          ${this.object ? nothing : reference(e.involvedObject ?? {}, e.metadata.namespace)}
          ${count(e) > 1 ? html`<span class="count">×${count(e)}</span>` : nothing}
          <span class="right">${ageOf(lastSeen(e))}</span></div>
        <p>${e.message}</p></li>`)}</ol>`;
  }
}
customElements.define("event-feed", EventFeed);
