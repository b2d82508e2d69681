// Logs: searched over all containers of a namespace, and followed; from the server's log store.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { jsonAndWarnings, query } from "../core/http.js";
import { href, Pod } from "../core/kinds.js";
import { prefs } from "../core/prefs.js";
import { empty } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { level, marked } from "./logs.js";

const PAGE = 300;
const KEEP = 3000;
const EVERY_MS = 2000;
const TYPING_MS = 250;
const SINCE = [["15m", "15 minutes"], ["1h", "1 hour"], ["6h", "6 hours"], ["1d", "1 day"], ["", "all time"]];

/** Comma, equals sign and backslash have a meaning in field selectors. */
const escaped = (value) => value.replace(/[\\,=]/g, (c) => `\\${c}`);

/** Lines of one node may be found a little later than newer ones of another. */
const LATE_MS = 10000;
const earlier = (time) => new Date(Date.parse(time) - LATE_MS).toISOString();
const byTime = (a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);

class LogSearchPage extends Page {
  static properties = {
    words: { state: true }, since: { state: true }, output: { state: true }, labels: { state: true },
    follow: { state: true }, entries: { state: true }, next: { state: true }, error: { state: true },
    busy: { state: true }, missing: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, {
      words: "", since: "1h", output: "", labels: "", follow: true, entries: [], next: "", error: null,
      busy: true, asked: "", missing: [],
    });
  }

  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => this.follow && !document.hidden && this.newer(), EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    clearTimeout(this.typing);
  }

  willUpdate() {
    const wanted = [prefs.namespace, this.words, this.since, this.output, this.labels].join("\n");
    if (wanted === this.asked) return;
    this.asked = wanted;
    this.busy = true;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.search(), TYPING_MS);
  }

  updated() {
    const box = this.querySelector(".log");
    if (box && this.follow && !this.held) box.scrollTop = box.scrollHeight;
  }

  path(since, more = {}) {
    const fields = [
      ...(this.words ? [`message=${escaped(this.words)}`] : []),
      ...(this.output ? [`output=${this.output}`] : []),
      ...(since ? [`since=${since}`] : []),
    ];
    const scope = prefs.namespace ? `/namespaces/${encodeURIComponent(prefs.namespace)}` : "";
    return `/apis/logs.coracle.dev/v1${scope}/logentries` + query({
      fieldSelector: fields.join(","), labelSelector: this.labels, limit: PAGE, ...more,
    });
  }

  /** Asks, and drops the answer where something else was asked for meanwhile. */
  async ask(path) {
    const asked = this.asked;
    try {
      const [list, missing] = await jsonAndWarnings(path);
      if (asked !== this.asked) return null;
      this.missing = missing;
      return list;
    } catch (error) {
      if (asked === this.asked) this.error = error;
      return null;
    }
  }

  async search() {
    this.error = null;
    const list = await this.ask(this.path(this.since));
    this.busy = false;
    if (!list) return;
    this.entries = list.items ?? [];
    this.next = list.metadata?.continue ?? "";
  }

  async newer() {
    const last = this.entries.at(-1)?.time;
    if (this.busy || this.asking) return;
    this.asking = true;
    const list = await this.ask(this.path(last ? earlier(last) : this.since));
    this.asking = false;
    if (!list) return;
    this.error = null;
    const known = new Set(this.entries.slice(-2 * PAGE).map((e) => e.metadata.name));
    const more = (list.items ?? []).filter((e) => !known.has(e.metadata.name));
    if (more.length) this.entries = [...this.entries, ...more].sort(byTime).slice(-KEEP);
  }

  async older() {
    const list = await this.ask(this.path(this.since, { continue: this.next }));
    if (!list) return;
    this.follow = false;
    this.entries = [...(list.items ?? []), ...this.entries].slice(0, KEEP);
    this.next = list.metadata?.continue ?? "";
  }

  render() {
    const select = (name, label, options) => html`<label class="inline">${label} <select
      @change=${(e) => (this[name] = e.target.value)}>${options.map(([value, words]) => html`<option value=${value}
        ?selected=${value === this[name]}>${words}</option>`)}</select></label>`;
    return html`<div class="page-head"><h1>Logs</h1>
        <span class="dim">every container, also of Pods that are gone</span></div>
      <section class="card flush log-card" aria-label="Logs"><header class="log-bar">
        <label class="filter">${icon("search")}<span class="hidden">Search in all logs</span>
          <input type="search" placeholder="Search" .value=${this.words} data-filter
            @input=${(e) => (this.words = e.target.value)}></label>
        <label class="filter labels"><span class="hidden">Label selector</span>
          <input placeholder="app=web,tier!=db" .value=${this.labels} spellcheck="false"
            @change=${(e) => (this.labels = e.target.value.trim())}></label>
        ${select("since", "Last", SINCE)}
        ${select("output", "Output", [["", "both"], ["stdout", "stdout"], ["stderr", "stderr"]])}
        <label class="check"><input type="checkbox" .checked=${this.follow}
          @change=${(e) => (this.follow = e.target.checked)}>Follow</label>
        <span class="grow"></span><span class="count" role="status">${this.entries.length}</span></header>
      ${this.missing.map((text) => html`<p class="log-note missing" role="status">${icon("warn")} ${text}</p>`)}
      ${this.results()}</section>`;
  }

  results() {
    if (this.error?.code === 404) return empty("This server keeps no logs for searching (--log-store).");
    if (this.error) return empty(this.error.message);
    if (!this.entries.length) {
      return this.busy ? html`<div class="empty loading" role="status">Loading…</div>`
        : empty("No line matches.", html`<p class="dim">Search for less, or for longer.</p>`);
    }
    const wanted = this.words.toLowerCase();
    return html`<div class="log wrap found" tabindex="0" role="log" aria-label="Lines found" aria-live="off"
        @scroll=${(e) => (this.held = e.target.scrollHeight - e.target.scrollTop - e.target.clientHeight > 30)}>
      ${this.next ? html`<p class="log-note"><button class="link again" @click=${this.older}>Older lines</button></p>` : nothing}
      ${repeat(this.entries, (e) => e.metadata.name, (e) => html`<div class=${level(e.message)}><time
        title=${e.time}>${e.time.slice(11, 23)}</time> <a href=${href(Pod, e.metadata.namespace, e.pod, "logs")}
        title="${e.metadata.namespace}/${e.pod} ${e.container}">${e.pod}</a> ${
        wanted && e.message.toLowerCase().includes(wanted) ? marked(e.message, wanted) : e.message}</div>`)}</div>`;
  }
}
customElements.define("log-search-page", LogSearchPage);
