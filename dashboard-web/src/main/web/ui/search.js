// Search: jump to any page or object by its name. Objects are asked for when it opens.
import { html, nothing } from "lit";
import { json, query } from "../core/http.js";
import { CONFIG, Deployment, CronJob, DaemonSet, href, Job, listPath, Namespace, NETWORK, Node, Pod,
  StatefulSet, STORAGE } from "../core/kinds.js";
import { go } from "../core/route.js";
import { Part } from "./element.js";
import { icon } from "./icons.js";

const KINDS = [Pod, Deployment, StatefulSet, DaemonSet, Job, CronJob, ...NETWORK, ...CONFIG, ...STORAGE,
  Node, Namespace];
const METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
const FRESH_MS = 15000;
const SHOW = 12;

class SearchBox extends Part {
  static properties = { found: { state: true }, at: { state: true }, text: { state: true }, busy: { state: true } };

  constructor() {
    super();
    Object.assign(this, { found: [], at: 0, text: "", objects: [], loadedAt: 0, busy: false, pages: [] });
  }

  open() {
    const dialog = this.querySelector("dialog");
    if (dialog.open) return;
    this.text = "";
    this.at = 0;
    this.match();
    dialog.showModal();
    void this.load();
  }

  close() {
    this.querySelector("dialog").close();
  }

  async load() {
    if (Date.now() - this.loadedAt < FRESH_MS) return;
    this.busy = true;
    const lists = await Promise.allSettled(KINDS.map(async (kind) => {
      const list = await json(listPath(kind) + query({ limit: 1000 }), { accept: METADATA });
      return (list.items ?? []).map(({ metadata }) => ({
        title: metadata.name, note: `${kind.kind}${metadata.namespace ? ` · ${metadata.namespace}` : ""}`,
        to: href(kind, metadata.namespace, metadata.name),
      }));
    }));
    this.objects = lists.flatMap((l) => (l.status === "fulfilled" ? l.value : []));
    this.loadedAt = Date.now();
    this.busy = false;
    this.match();
  }

  match() {
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [...this.pages, ...(words.length ? this.objects : [])];
    const hits = all.filter((o) => {
      const text = `${o.title} ${o.note}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const rank = (o) => o.title.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1;
    this.found = hits.sort((a, b) => rank(a) - rank(b)).slice(0, SHOW);
    this.at = 0;
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.at = (this.at + step + this.found.length) % (this.found.length || 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.choose(this.found[this.at]);
    }
  }

  choose(hit) {
    if (!hit) return;
    this.close();
    go(hit.to);
  }

  render() {
    return html`<dialog class="search" aria-label="Search" @click=${(e) => e.target.tagName === "DIALOG" && this.close()}>
      <div class="search-field">${icon("search")}<input type="text" autofocus role="combobox" aria-expanded="true"
        aria-controls="search-results" aria-label="Search pages and objects" autocomplete="off" spellcheck="false"
        aria-activedescendant=${this.found.length ? `hit-${this.at}` : nothing} placeholder="Pages, Pods, Deployments, Services…"
        .value=${this.text} @keydown=${this.key} @input=${(e) => {
          this.text = e.target.value;
          this.match();
        }}><kbd>Esc</kbd></div>
      <ul id="search-results" role="listbox" aria-label="Results">${this.found.map((hit, n) => html`
        <li id="hit-${n}" role="option" aria-selected=${n === this.at} @click=${() => this.choose(hit)}
          @pointermove=${() => (this.at = n)}><span>${hit.title}</span><span class="dim">${hit.note}</span></li>`)}</ul>
      ${this.found.length ? nothing : html`<p class="empty dim">${this.busy ? "Looking…" : "Nothing found."}</p>`}
    </dialog>`;
  }
}
customElements.define("search-box", SearchBox);
