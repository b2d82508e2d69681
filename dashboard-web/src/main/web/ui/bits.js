// Small pieces of markup that many pages share.
import { html, nothing } from "lit";
import { age, moment, percent } from "../core/format.js";
import { hrefOf } from "../core/kinds.js";

/** A word with a tone; the dot repeats what the word says, so colour is never alone. */
export const pill = (tone, word, title = "") =>
  html`<span class="pill ${tone}" title=${title || nothing}><i aria-hidden="true"></i>${word}</span>`;

export const ageOf = (timestamp) => timestamp
  ? html`<time datetime=${timestamp} title=${moment(timestamp)}>${age(timestamp)}</time>`
  : html`<span class="dim">–</span>`;

/** A bar with an optional second, lighter value behind it (usage over requests). */
export function meter(label, value, whole, { behind = 0, text = "" } = {}) {
  const share = Math.min(100, percent(value, whole));
  const shadow = Math.min(100, percent(behind, whole));
  const tone = share >= 90 ? "bad" : share >= 75 ? "wait" : "";
  return html`<span class="meter ${tone}" role="meter" aria-label=${label} aria-valuemin="0"
    aria-valuemax="100" aria-valuenow=${share} title=${text || nothing}>
    <span class="track"><span class="behind" .style=${`width: ${shadow}%`}></span><span
      class="fill" .style=${`width: ${share}%`}></span></span>
    <span class="num">${share}%</span></span>`;
}

export const ratio = ({ ready, desired, tone }) =>
  html`<span class="ratio ${tone}">${ready}<span class="dim">/${desired}</span></span>`;

export function reference(object, namespace) {
  const to = hrefOf(object, namespace);
  const words = `${object.kind}/${object.name}`;
  return to ? html`<a href=${to}>${words}</a>` : html`<span>${words}</span>`;
}

export const chips = (map) => {
  const entries = Object.entries(map ?? {});
  return entries.length
    ? html`<span class="chips">${entries.map(([k, v]) =>
        html`<span class="chip" title="${k}=${v}">${k}${v ? html`<b>${v}</b>` : nothing}</span>`)}</span>`
    : html`<span class="dim">–</span>`;
};

/** A list of terms and values; rows without a value are left out. */
export const facts = (rows) => html`<dl class="facts">${rows.map((row) => {
  if (!row) return nothing;
  const [term, value] = row;
  return value === undefined || value === null || value === ""
    ? nothing : html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
})}</dl>`;

export const card = (title, body, { extra = nothing, classes = "" } = {}) => html`
  <section class="card ${classes}" aria-label=${title}>
    <header><h2>${title}</h2>${extra}</header>${body}
  </section>`;

export const empty = (words, more = nothing) =>
  html`<div class="empty"><p>${words}</p>${more}</div>`;

/** What to show in place of data that is not there (yet). */
export function pending(collection) {
  if (collection.state === "denied") {
    return html`<div class="empty"><p>You may not list these.</p>
      <p class="dim">${collection.error?.message}</p></div>`;
  }
  if (collection.state === "absent") {
    return html`<div class="empty"><p>This server does not have this kind.</p></div>`;
  }
  if (collection.loaded) return null;
  if (collection.state === "reconnecting") {
    return html`<div class="empty"><p>Trying to reach the API server…</p>
      <p class="dim">${collection.error?.message}</p></div>`;
  }
  return html`<div class="empty loading" role="status">Loading…</div>`;
}

export function conditions(object) {
  const list = object.status?.conditions ?? [];
  if (!list.length) return empty("No conditions.");
  const bad = (c) => /Pressure|Unavailable|Failure|Failed|Disruption/.test(c.type)
    ? c.status === "True" : c.status !== "True";
  return html`<div class="scroller" tabindex="0" role="group" aria-label="Conditions"><table class="plain">
    <thead><tr><th>Type</th><th>Status</th><th>Reason</th><th>Since</th><th class="p2">Message</th></tr></thead>
    <tbody>${list.map((c) => html`<tr><th scope="row">${c.type}</th>
      <td>${pill(bad(c) ? "wait" : "ok", c.status)}</td><td>${c.reason ?? ""}</td>
      <td>${ageOf(c.lastTransitionTime)}</td><td class="wrap p2">${c.message ?? ""}</td></tr>`)}
    </tbody></table></div>`;
}
