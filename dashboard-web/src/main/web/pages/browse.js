// Any kind the server has, in the columns the server itself gives (Table, KEP-555).
import { html, nothing } from "lit";
import { discovered } from "../core/discovery.js";
import { json, query } from "../core/http.js";
import { href, listPath } from "../core/kinds.js";
import { prefs } from "../core/prefs.js";
import { route } from "../core/route.js";
import { Collection } from "../core/collection.js";
import { empty } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import "../ui/table.js";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

class BrowsePage extends Page {
  static properties = {
    kinds: { state: true }, table: { state: true }, error: { state: true }, filter: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, { kinds: null, table: null, error: null, filter: "", shown: "" });
  }

  connectedCallback() {
    super.connectedCallback();
    discovered(true).then((kinds) => (this.kinds = kinds), (error) => (this.error = error));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  stop() {
    this.watcher?.stop();
    clearTimeout(this.later);
    this.watcher = null;
  }

  get kind() {
    const [, group, version, resource] = route.parts;
    if (!resource) return null;
    return this.kinds?.find((k) => k.resource === resource && k.version === version
      && k.group === (group === "core" ? "" : group));
  }

  willUpdate() {
    const kind = this.kind;
    const wanted = kind ? listPath(kind, prefs.namespace) : "";
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.stop();
    this.table = null;
    this.error = null;
    this.filter = "";
    if (kind) void this.load(wanted, kind);
  }

  async load(path, kind) {
    try {
      const table = await json(path + query({ limit: 500 }), { accept: TABLE });
      if (path !== this.shown) return;
      this.table = table.kind === "Table" ? table : asTable(table);
      if (!this.watcher && kind.verbs.includes("watch")) {
        // The watch only says that something changed: the columns come from the server again.
        this.watcher = new Collection(path);
        this.watcher.resourceVersion = this.table.metadata?.resourceVersion ?? "";
        this.watcher.eventListeners.add(() => {
          clearTimeout(this.later);
          this.later = setTimeout(() => this.load(path, kind), 400);
        });
        this.watcher.start();
      }
    } catch (error) {
      if (path === this.shown) this.error = error;
    }
  }

  render() {
    if (this.error) return html`<h1>Browse</h1><div class="card">${empty(this.error.message)}</div>`;
    if (!this.kinds) return html`<h1>Browse</h1><div class="empty loading" role="status">Loading…</div>`;
    return this.kind ? this.list(this.kind) : this.index();
  }

  index() {
    const listed = this.kinds.filter((k) => k.verbs.includes("list"));
    const wanted = this.filter.toLowerCase();
    const hits = listed.filter((k) => `${k.kind} ${k.resource} ${k.group}`.toLowerCase().includes(wanted));
    const groups = Map.groupBy(hits, (k) => k.group || "core");
    return html`<div class="page-head"><h1>Browse</h1>
        <span class="dim">every kind this server has</span><span class="grow"></span>
        <label class="filter">${icon("search")}<span class="hidden">Filter kinds</span><input type="search"
          placeholder="Filter" data-filter .value=${this.filter} @input=${(e) => (this.filter = e.target.value)}></label></div>
      <div class="groups">${[...groups].map(([group, kinds]) => html`<section class="card" aria-label=${group}>
        <header><h2>${group}</h2><span class="dim">${kinds[0].version}</span></header>
        <ul class="kinds">${kinds.map((k) => html`<li><a href="#/browse/${group}/${k.version}/${k.resource}">${k.kind}</a>
          <span class="dim">${k.namespaced ? "" : "cluster"}</span></li>`)}</ul></section>`)}</div>
      ${hits.length ? nothing : empty(`Nothing matches “${this.filter}”.`)}`;
  }

  list(kind) {
    const rows = this.table?.rows ?? [];
    const columns = (this.table?.columnDefinitions ?? []).map((c, at) => ({
      label: c.name,
      priority: c.priority > 0 ? 3 : at > 2 ? 2 : 0,
      num: c.type === "integer" || c.type === "number",
      value: (row) => row.cells[at] ?? "",
      cell: (row) => c.name === "Name" && row.object?.metadata
        ? html`<a href=${href(kind, row.object.metadata.namespace, row.object.metadata.name)}>${row.cells[at]}</a>`
        : String(row.cells[at] ?? ""),
    }));
    if (kind.namespaced && !prefs.namespace) {
      columns.splice(1, 0, { label: "Namespace", priority: 2, value: (r) => r.object?.metadata?.namespace ?? "" });
    }
    return html`<div class="page-head"><div><p class="crumb"><a href="#/browse">Browse</a> · ${kind.group || "core"}/${kind.version}</p>
        <h1>${kind.kind}</h1></div><span class="dim" role="status">${this.table ? rows.length : ""}</span><span class="grow"></span>
        <label class="filter">${icon("search")}<span class="hidden">Filter</span><input type="search" placeholder="Filter"
          data-filter .value=${this.filter} @input=${(e) => (this.filter = e.target.value)}></label></div>
      <div class="card flush">${this.table ? html`<data-table .columns=${columns} .rows=${rows} .filter=${this.filter}
        .label=${kind.kind} .key=${(row) => row.object?.metadata?.uid ?? row.cells[0]}
        .nothing=${`No ${kind.kind}${kind.namespaced && prefs.namespace ? ` in ${prefs.namespace}` : ""}.`}></data-table>`
        : html`<div class="empty loading" role="status">Loading…</div>`}</div>`;
  }
}

/** A plain list in the form of a Table: for servers that do not make Tables of a kind. */
function asTable(list) {
  return {
    metadata: list.metadata,
    columnDefinitions: [{ name: "Name", type: "string", priority: 0 }, { name: "Created", type: "date", priority: 0 }],
    rows: (list.items ?? []).map((object) => ({
      cells: [object.metadata.name, object.metadata.creationTimestamp], object,
    })),
  };
}

customElements.define("browse-page", BrowsePage);
