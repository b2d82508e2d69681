// The page of a list: tabs for a family of kinds, a filter, the live table.
import { html, nothing } from "lit";
import { Access } from "../core/access.js";
import { Usage } from "../core/metrics.js";
import { collection, Live } from "../core/store.js";
import { prefs } from "../core/prefs.js";
import { go, route } from "../core/route.js";
import { Pod, WORKLOADS, NETWORK, CONFIG, STORAGE } from "../core/kinds.js";
import { pending } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { columnsOf } from "./columns.js";
import "../ui/table.js";

export const FAMILIES = {
  workloads: { title: "Workloads", kinds: WORKLOADS },
  pods: { title: "Pods", kinds: [Pod] },
  network: { title: "Network", kinds: NETWORK },
  config: { title: "Configuration", kinds: CONFIG },
  storage: { title: "Storage", kinds: STORAGE },
};

class ListPage extends Page {
  static properties = { family: {}, filter: { state: true } };

  constructor() {
    super();
    this.filter = "";
    this.access = new Access(this);
    this.live = new Live(this, () => this.family
      ? FAMILIES[this.family].kinds.map((kind) => collection(kind, prefs.namespace)) : []);
  }

  connectedCallback() {
    if (this.family === "pods") this.usage = new Usage(this);
    super.connectedCallback();
  }

  get kind() {
    const { kinds } = FAMILIES[this.family];
    return kinds.find((kind) => kind.resource === route.parts[1]) ?? kinds[0];
  }

  tabs() {
    const { kinds } = FAMILIES[this.family];
    if (kinds.length < 2) return nothing;
    return html`<nav class="tabs" aria-label="Kinds">${kinds.map((kind) => {
      const list = collection(kind, prefs.namespace);
      return html`<a href="#/${this.family}/${kind.resource}"
        aria-current=${kind === this.kind ? "page" : nothing}>${kind.title}
        ${list.loaded ? html`<span class="count">${list.items.size}</span>` : nothing}</a>`;
    })}</nav>`;
  }

  render() {
    const { title } = FAMILIES[this.family];
    const kind = this.kind;
    const list = collection(kind, prefs.namespace);
    const creates = this.access.can("create", kind, prefs.namespace || "default");
    return html`<div class="page-head"><h1>${title}</h1>
        <span class="dim" role="status">${list.loaded ? list.items.size : ""}</span>
        <span class="grow"></span>
        <label class="filter">${icon("search")}<span class="hidden">Filter ${kind.title}</span>
          <input type="search" placeholder="Filter" .value=${this.filter} data-filter
            @input=${(e) => (this.filter = e.target.value)}></label>
        <button ?disabled=${!creates} @click=${() => go("#/create")}
          title=${creates ? "" : "You may not create these"}>${icon("plus")}Create</button></div>
      ${this.tabs()}
      <div class="card flush">${pending(list) ?? html`<data-table .columns=${columnsOf(kind, !prefs.namespace)}
        .rows=${list.all} .filter=${this.filter} .label=${kind.title}
        .nothing=${`No ${kind.title.toLowerCase()} ${prefs.namespace ? `in ${prefs.namespace}` : "yet"}.`}
        ></data-table>`}</div>`;
  }
}

customElements.define("list-page", ListPage);
