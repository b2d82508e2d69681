// Sign in with a bearer token.
import { html, nothing } from "lit";
import { whoAmI } from "../core/http.js";
import { session, signOut, useToken } from "../core/session.js";
import { Part } from "../ui/element.js";
import { logo } from "../ui/icons.js";

class LoginPage extends Part {
  static properties = { busy: { state: true }, problem: { state: true } };

  constructor() {
    super();
    this.busy = false;
    this.problem = "";
  }

  firstUpdated() {
    this.querySelector("input").focus();
  }

  async submit(event) {
    event.preventDefault();
    const token = event.target.elements.token.value.trim();
    if (!token) return;
    this.busy = true;
    this.problem = "";
    useToken(token);
    try {
      await whoAmI();
    } catch (error) {
      signOut();
      this.problem = error.message;
    } finally {
      this.busy = false;
    }
  }

  render() {
    const words = this.problem || session.reason;
    return html`<main class="login"><form class="card" @submit=${this.submit}>
      <div class="brand">${logo()}<h1>Coracle</h1></div>
      <label class="field">Token
        <input name="token" type="password" autocomplete="off" spellcheck="false" required
          aria-describedby="login-help"></label>
      ${words ? html`<p class="problem" role="alert">${words}</p>` : nothing}
      <button class="primary" ?disabled=${this.busy}>${this.busy ? "Signing in…" : "Sign in"}</button>
      <p class="dim" id="login-help">A bearer token of a user or service account, for example from
        <code>kubectl create token NAME</code>. It stays in this tab.</p></form></main>`;
  }
}
customElements.define("login-page", LoginPage);
