// The YAML of an object, and the way to change it: the server checks a dry run first.
import { html, nothing } from "lit";
import { Access } from "../core/access.js";
import { json, load, query } from "../core/http.js";
import { apiVersion, objectPath } from "../core/kinds.js";
import { Part } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { toast } from "../ui/toast.js";

class YamlView extends Part {
  static properties = {
    kind: { attribute: false }, object: { attribute: false }, editor: { state: true },
    managed: { state: true }, error: { state: true }, dirty: { state: true }, busy: { state: true },
    text: { state: true }, checked: { state: true },
  };

  constructor() {
    super();
    this.access = new Access(this);
    Object.assign(this, { managed: false, error: null, dirty: false, busy: false, text: null, checked: "" });
  }

  connectedCallback() {
    super.connectedCallback();
    void this.load();
  }

  get path() {
    return objectPath(this.kind, this.object.metadata.namespace, this.object.metadata.name);
  }

  async load() {
    this.error = null;
    try {
      const [editor, fresh] = await Promise.all([load(() => import("../ui/editor.js")), json(this.path)]);
      this.show(editor, fresh);
    } catch (error) {
      this.error = error;
    }
  }

  show(editor, fresh) {
    if (!this.managed) delete fresh.metadata.managedFields;
    const { apiVersion: v, kind, metadata, ...rest } = fresh;
    this.editor = editor;
    this.loaded = fresh.metadata.resourceVersion;
    this.text = editor.toYaml({
      apiVersion: v ?? apiVersion(this.kind), kind: kind ?? this.kind.kind, metadata, ...rest,
    });
    this.dirty = false;
    this.checked = "";
  }

  /** Checks on the server, and saves where `dryRun` is false. */
  async put(dryRun) {
    this.busy = true;
    this.error = null;
    this.checked = "";
    try {
      const body = this.editor.fromYaml(this.current);
      const options = { method: "PUT", body };
      await json(this.path + query({ dryRun: "All", fieldValidation: "Strict" }), options);
      if (dryRun) this.checked = "The server would accept this.";
      else {
        const saved = await json(this.path + query({ fieldValidation: "Strict" }), options);
        toast(`${this.object.metadata.name} is saved.`);
        this.show(this.editor, saved);
      }
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  render() {
    const { namespace, name } = this.object.metadata;
    const allowed = this.access.can("update", this.kind, namespace, name);
    const moved = this.text !== null && this.loaded !== this.object.metadata.resourceVersion;
    return html`<section class="card flush" aria-label="YAML">
      <header class="log-bar">
        <label class="check"><input type="checkbox" .checked=${this.managed} @change=${(e) => {
          this.managed = e.target.checked;
          void this.load();
        }}>Managed fields</label>
        ${moved ? html`<span class="note">${pillText(this.dirty)}</span>` : nothing}
        <span class="dim" role="status">${this.checked}</span><span class="grow"></span>
        <button @click=${this.load}>${icon("restart")}Reload</button>
        <button ?disabled=${!allowed || this.busy || !this.text} @click=${() => this.put(true)}>Check</button>
        <button class="primary" ?disabled=${!allowed || !this.dirty || this.busy}
          title=${allowed ? "" : "You may not change this"} @click=${() => this.put(false)}>Save</button></header>
      ${this.error ? problem(this.error) : nothing}
      ${this.text === null ? html`<div class="empty loading">Loading…</div>` : html`<yaml-editor
        .value=${this.text} .readonly=${!allowed} @change=${(e) => {
          this.current = e.detail;
          this.dirty = e.detail !== this.text;
        }}></yaml-editor>`}</section>`;
  }
}

const pillText = (dirty) => dirty
  ? "The object has changed on the server: saving will conflict." : "A newer version exists.";

export const problem = (error) => html`<div class="problem" role="alert">${icon("warn")}<div>
  <p>${error.reason ? html`<b>${error.reason}</b> ` : nothing}${error.message}</p>
  ${error.causes?.length ? html`<ul>${error.causes.map((c) =>
    html`<li><b class="mono">${c.field}</b> ${c.message}</li>`)}</ul>` : nothing}</div></div>`;

customElements.define("yaml-view", YamlView);
