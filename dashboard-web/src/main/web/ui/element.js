// The base of all elements: rendered into the page itself, styled by one sheet.
import { LitElement } from "lit";
import { onPrefs } from "../core/prefs.js";
import { onRoute } from "../core/route.js";

export class Part extends LitElement {
  createRenderRoot() {
    return this;
  }
}

/** A page renders again when address or namespace change, and now and then, as ages grow. */
export class Page extends Part {
  connectedCallback() {
    super.connectedCallback();
    this.forget = [onPrefs(() => this.requestUpdate()), onRoute(() => this.requestUpdate())];
    this.ageing = setInterval(() => !document.hidden && this.requestUpdate(), 10000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.forget.forEach((forget) => forget());
    clearInterval(this.ageing);
  }

  /** The address may already be another page's. */
  shouldUpdate() {
    return this.isConnected;
  }
}
