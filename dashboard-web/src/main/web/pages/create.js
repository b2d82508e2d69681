// Create objects from YAML: one or many documents, checked by a dry run before anything is made.
import { html, nothing } from "lit";
import { discovered } from "../core/discovery.js";
import { json, load, query } from "../core/http.js";
import { href, kindOf, listPath, splitVersion } from "../core/kinds.js";
import { prefs } from "../core/prefs.js";
import { pill } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { problem } from "./yaml.js";

const EXAMPLE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: nginx:1.29
          ports:
            - containerPort: 80
`;

class CreatePage extends Page {
  static properties = {
    editor: { state: true }, results: { state: true }, error: { state: true }, busy: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, { editor: null, results: [], error: null, busy: false, value: EXAMPLE });
  }

  connectedCallback() {
    super.connectedCallback();
    load(() => import("../ui/editor.js"))
      .then((editor) => (this.editor = editor), (error) => (this.error = error));
  }

  async kind(object) {
    const known = kindOf(object);
    if (known) return known;
    const [group, version] = splitVersion(object.apiVersion ?? "");
    const found = (await discovered(true)).find((k) => k.group === group && k.kind === object.kind);
    if (!found) throw new Error(`This server does not have ${object.kind} in ${object.apiVersion}.`);
    return { ...found, version };
  }

  async post(object, dryRun) {
    const kind = await this.kind(object);
    if (kind.namespaced) (object.metadata ??= {}).namespace ??= prefs.namespace || "default";
    const path = listPath(kind, object.metadata?.namespace);
    const made = await json(path + query({ dryRun: dryRun ? "All" : null, fieldValidation: "Strict" }),
      { method: "POST", body: object });
    return { kind, made };
  }

  async run(dryRun) {
    this.busy = true;
    this.error = null;
    this.results = [];
    try {
      const objects = this.editor.allFromYaml(this.current);
      if (!objects.length) throw new Error("There is no object in this text.");
      for (const object of objects) {
        try {
          const { kind, made } = await this.post(object, dryRun);
          this.results = [...this.results, { kind, made, word: dryRun ? "Would be created" : "Created" }];
        } catch (error) {
          this.error = error;
          error.message = `${object.kind ?? "?"} ${object.metadata?.name ?? ""}: ${error.message}`;
          break;
        }
      }
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  render() {
    return html`<div class="page-head"><h1>Create from YAML</h1>
        <span class="dim">into ${prefs.namespace || "default"}, where the text names no namespace</span></div>
      <section class="card flush" aria-label="YAML">
        <header class="log-bar"><span class="grow"></span>
          <button ?disabled=${this.busy} @click=${() => this.run(true)}>Check</button>
          <button class="primary" ?disabled=${this.busy} @click=${() => this.run(false)}>Create</button></header>
        ${this.error ? problem(this.error) : nothing}
        ${this.results.length ? html`<ul class="rows" role="status">${this.results.map(({ kind, made, word }) => html`
          <li>${pill("ok", word)} ${word === "Created"
            ? html`<a href=${href(kind, made.metadata.namespace, made.metadata.name)}>${made.metadata.name}</a>`
            : made.metadata.name} <span class="dim">${kind.kind}</span></li>`)}</ul>` : nothing}
        ${this.editor ? html`<yaml-editor .value=${this.value} @change=${(e) => (this.current = e.detail)}></yaml-editor>`
          : html`<div class="empty loading">Loading…</div>`}</section>`;
  }
}
customElements.define("create-page", CreatePage);
