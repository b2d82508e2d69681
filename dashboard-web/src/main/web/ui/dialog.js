// Questions before things happen, in the browser's own modal dialog.
import { html, nothing, render } from "lit";

/**
 * Shows a dialog; resolves with its form's values, or null if it was dismissed.
 * `body` is markup with named inputs; `danger` colours the button.
 */
export function ask({ title, body = nothing, confirm = "OK", danger = false, wide = false }) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = wide ? "wide" : "";
    dialog.setAttribute("aria-labelledby", "dialog-title");
    const before = document.activeElement;
    const done = (value) => {
      dialog.close();
      dialog.remove();
      before?.focus?.();
      resolve(value);
    };
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      done(null);
    });
    const submit = (event) => {
      event.preventDefault();
      done(Object.fromEntries(new FormData(event.target)));
    };
    render(html`<form @submit=${submit}>
      <h2 id="dialog-title">${title}</h2>
      <div class="dialog-body">${body}</div>
      <footer>
        <button type="button" @click=${() => done(null)}>Cancel</button>
        <button class=${danger ? "danger" : "primary"}>${confirm}</button>
      </footer></form>`, dialog);
    document.body.append(dialog);
    dialog.showModal();
  });
}
