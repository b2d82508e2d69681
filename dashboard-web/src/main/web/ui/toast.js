// Short messages at the edge; errors stay until they are closed.
import { html } from "lit";
import { Part } from "./element.js";
import { icon } from "./icons.js";

let area = null;

export function toast(message, { tone = "ok", causes = [] } = {}) {
  area?.add({ message, tone, causes });
}

export const failed = (what, error) =>
  toast(`${what}: ${error.message}`, { tone: "bad", causes: error.causes ?? [] });

class ToastArea extends Part {
  constructor() {
    super();
    this.messages = [];
  }

  connectedCallback() {
    super.connectedCallback();
    area = this;
  }

  add(message) {
    this.messages = [...this.messages, message].slice(-4);
    if (message.tone !== "bad") setTimeout(() => this.drop(message), 5000);
    this.requestUpdate();
  }

  drop(message) {
    this.messages = this.messages.filter((m) => m !== message);
    this.requestUpdate();
  }

  render() {
    return html`<div class="toasts" role="status" aria-live="polite">${this.messages.map((m) => html`
      <div class="toast ${m.tone}">${icon(m.tone === "bad" ? "warn" : "check")}
        <div><p>${m.message}</p>${m.causes.map((c) => html`<p class="dim">${c.field}: ${c.message}</p>`)}</div>
        <button class="icon-button" aria-label="Dismiss" @click=${() => this.drop(m)}>${icon("close")}</button>
      </div>`)}</div>`;
  }
}
customElements.define("toast-area", ToastArea);
