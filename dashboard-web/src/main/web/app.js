// The frame around the pages: sign-in, navigation, namespace, search, theme, connection.
import { html, nothing, render } from "lit";
import { changes } from "./core/flow.js";
import { duration, quantity } from "./core/format.js";
import { whoAmI } from "./core/http.js";
import { Namespace } from "./core/kinds.js";
import { podStatus } from "./core/podstatus.js";
import { onPrefs, prefs, setNamespace, setTheme } from "./core/prefs.js";
import { go, onRoute, refreshRoute, route } from "./core/route.js";
import { onSession, session, signOut, takeTokenFromAddress } from "./core/session.js";
import { collection, connection, inspect, Live, nudgeAll, onConnection } from "./core/store.js";
import { Part } from "./ui/element.js";
import { icon, logo } from "./ui/icons.js";
import { ask } from "./ui/dialog.js";
import { FAMILIES } from "./pages/list.js";
import "./pages/browse.js";
import "./pages/create.js";
import "./pages/events.js";
import "./pages/flow.js";
import "./pages/login.js";
import "./pages/logsearch.js";
import "./pages/nodes.js";
import "./pages/object.js";
import "./pages/overview.js";
import "./ui/search.js";
import "./ui/toast.js";

const MENU = [
  ["Cluster", [["", "Overview", "overview", "o"], ["nodes", "Nodes", "nodes", "n"], ["events", "Events", "events", "e"]]],
  ["Run", [["workloads", "Workloads", "workloads", "w"], ["pods", "Pods", "pods", "p"],
    ["logs", "Logs", "logs", "l"]]],
  ["Connect and keep", [["network", "Network", "network", "s"], ["config", "Configuration", "config", "c"],
    ["storage", "Storage", "storage", "v"]]],
  ["Explore", [["browse", "Browse", "browse", "b"], ["flow", "How a Pod flows", "flow", "f"]]],
];

const LIGHTS = { live: ["ok", "Live"], loading: ["wait", "Loading"], reconnecting: ["bad", "Reconnecting"] };

/** Which menu entry an object belongs to. */
const FAMILY_OF = new Map(Object.entries(FAMILIES).flatMap(([id, { kinds }]) =>
  kinds.map((kind) => [kind.resource, id])));
FAMILY_OF.set("nodes", "nodes").set("events", "events");

class CoracleApp extends Part {
  static properties = { menu: { state: true }, light: { state: true } };

  constructor() {
    super();
    this.menu = false;
    this.light = "loading";
    this.live = new Live(this, () => (session.state === "in" ? [collection(Namespace)] : []));
  }

  connectedCallback() {
    super.connectedCallback();
    onSession(() => this.requestUpdate());
    onPrefs(() => this.requestUpdate());
    onRoute(() => {
      this.menu = false;
      this.requestUpdate();
      void this.updateComplete.then(() => this.arrived());
    });
    onConnection(() => (this.light = connection()));
    addEventListener("keydown", (event) => this.shortcut(event));
  }

  /** A new page begins at its top; screen readers are told its name. */
  arrived() {
    const id = route.parts.slice(0, 6).join("/");
    if (id === this.lastId) return;
    this.lastId = id;
    scrollTo(0, 0);
    const title = this.querySelector("main h1")?.textContent ?? "";
    document.title = title ? `${title} · Coracle` : "Coracle";
  }

  updated() {
    this.arrived();
    const search = this.querySelector("search-box");
    if (search && !search.pages.length) {
      search.pages = MENU.flatMap(([, entries]) => entries.map(([id, title]) =>
        ({ title, note: "Page", to: `#/${id}` })));
    }
  }

  shortcut(event) {
    const typing = event.composedPath()[0]?.closest?.("input, textarea, select, [contenteditable=true]");
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      this.querySelector("search-box")?.open();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || session.state !== "in") return;
    if (this.going) {
      const entry = MENU.flatMap(([, entries]) => entries).find(([, , , key]) => key === event.key);
      this.going = false;
      if (entry) go(`#/${entry[0]}`);
    } else if (event.key === "g") {
      this.going = true;
      setTimeout(() => (this.going = false), 1200);
    } else if (event.key === "/") {
      event.preventDefault();
      const filter = this.querySelector("main [data-filter]");
      if (filter) filter.focus();
      else this.querySelector("search-box")?.open();
    } else if (event.key === "?") void this.help();
  }

  help() {
    const keys = [["Ctrl K", "Search everything"], ["/", "Filter this page"], ["j, k or ↑ ↓", "Move in a table"],
      ...MENU.flatMap(([, entries]) => entries.map(([, title, , key]) => [`g ${key}`, title]))];
    return ask({ title: "Keyboard", confirm: "Close", body: html`<dl class="facts keys">${keys.map(([k, what]) =>
      html`<div><dt><kbd>${k}</kbd></dt><dd>${what}</dd></div>`)}</dl>` });
  }

  render() {
    if (session.state === "checking") return html`<main class="login"><p class="dim" role="status">Connecting…</p></main>`;
    if (session.state === "out") return html`<login-page></login-page>`;
    return html`<a class="skip" href="#main" @click=${(e) => {
        e.preventDefault();
        this.querySelector("main").focus();
      }}>Skip to content</a>
      <div class="frame ${this.menu ? "menu-open" : ""}">
        ${this.sidebar()}
        <div class="shade" @click=${() => (this.menu = false)}></div>
        <div class="body">${this.topbar()}
          <main id="main" tabindex="-1">${this.page()}</main></div>
      </div><search-box></search-box><toast-area></toast-area>`;
  }

  sidebar() {
    const [first = "", , , resource] = route.parts;
    const at = first === "object" ? FAMILY_OF.get(resource) ?? "browse" : first;
    return html`<nav class="side-nav" aria-label="Main"><a class="brand" href="#/">${logo()}<span>Coracle</span></a>
      ${MENU.map(([title, entries], n) => html`<p class="nav-title" id="nav-${n}">${title}</p>
        <ul aria-labelledby="nav-${n}">${entries.map(([id, label, icons]) => html`<li><a href="#/${id}"
          aria-current=${id === at ? "page" : nothing}>${icon(icons)}<span>${label}</span></a></li>`)}</ul>`)}
      <p class="nav-foot dim"><button class="link" @click=${() => this.help()}>Keyboard</button>
        <a href="licenses.txt" target="_blank" rel="noopener">Licences</a></p></nav>`;
  }

  topbar() {
    const names = collection(Namespace).all.map((n) => n.metadata.name).sort();
    if (prefs.namespace && !names.includes(prefs.namespace)) names.push(prefs.namespace);
    const [tone, word] = LIGHTS[this.light];
    const next = { auto: "light", light: "dark", dark: "auto" }[prefs.theme];
    const themes = { auto: "auto", light: "sun", dark: "moon" };
    return html`<header class="topbar">
      <button class="icon-button menu-button" aria-label="Menu" aria-expanded=${this.menu}
        @click=${() => (this.menu = !this.menu)}>${icon("menu")}</button>
      <label class="inline namespace"><span>Namespace</span>${this.namespaces(names)}</label>
      <button class="search-button" @click=${() => this.querySelector("search-box").open()} aria-label="Search">${icon("search")}<span>Search</span><kbd>Ctrl K</kbd></button>
      <span class="grow"></span>
      <button class="light ${tone}" title="Connection: press to reconnect" @click=${() => nudgeAll()}><i aria-hidden="true"></i><span>${word}</span></button>
      <button class="icon-button" aria-label="Theme: ${prefs.theme}. Change to ${next}" title="Theme: ${prefs.theme}"
        @click=${() => setTheme(next)}>${icon(themes[prefs.theme])}</button>
      <span class="user" title=${session.groups.join(", ")}>${session.user}</span>
      ${session.token ? html`<button class="icon-button" aria-label="Sign out" title="Sign out"
        @click=${() => signOut("You are signed out.")}>${icon("out")}</button>` : nothing}</header>`;
  }

  /** Who may not list namespaces types the name of theirs. */
  namespaces(names) {
    const chosen = (event) => setNamespace(event.target.value.trim());
    if (collection(Namespace).state === "denied") {
      return html`<input data-namespace aria-label="Namespace" placeholder="all" .value=${prefs.namespace}
        @change=${chosen}>`;
    }
    return html`<select data-namespace aria-label="Namespace" @change=${chosen}>
      <option value="" ?selected=${!prefs.namespace}>all</option>
      ${names.map((n) => html`<option value=${n} ?selected=${n === prefs.namespace}>${n}</option>`)}</select>`;
  }

  page() {
    const [first = ""] = route.parts;
    switch (first) {
      case "": return html`<overview-page></overview-page>`;
      case "nodes": return html`<nodes-page></nodes-page>`;
      case "events": return html`<events-page></events-page>`;
      case "logs": return html`<log-search-page></log-search-page>`;
      case "object": return html`<object-page></object-page>`;
      case "browse": return html`<browse-page></browse-page>`;
      case "flow": return html`<flow-page></flow-page>`;
      case "create": return html`<create-page></create-page>`;
      default: return FAMILIES[first] ? html`<list-page .family=${first}></list-page>`
        : html`<h1>Not found</h1><p><a href="#/">Overview</a></p>`;
    }
  }
}
customElements.define("coracle-app", CoracleApp);

takeTokenFromAddress();
refreshRoute();
render(html`<coracle-app></coracle-app>`, document.body);
document.querySelector("noscript")?.remove();

async function begin() {
  for (let pause = 500; session.state === "checking"; pause = Math.min(pause * 2, 10000)) {
    try {
      await whoAmI();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
void begin();

/** For tests and the console: what is watched and how it fares, and the words of the columns. */
window.coracle = { inspect, podStatus, duration, quantity, changes };
