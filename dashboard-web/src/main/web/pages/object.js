// The page of one object: what it is, what can be done to it, its Pods, logs, events and YAML.
import { html, nothing } from "lit";
import { Access } from "../core/access.js";
import { discovered } from "../core/discovery.js";
import { ConfigMap, CronJob, DaemonSet, Deployment, Node, Pod, ReplicaSet, Secret, Service,
  StatefulSet, findKind, href } from "../core/kinds.js";
import { podStatus } from "../core/podstatus.js";
import { route } from "../core/route.js";
import { collection, Live } from "../core/store.js";
import { progress } from "../core/workload.js";
import { ageOf, card, pending, pill, reference } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { nodeState } from "./nodes.js";
import * as act from "./actions.js";
import "./events.js";
import "./pod.js";
import "./logs.js";
import "./summaries.js";
import "./yaml.js";

const SCALED = new Set([Deployment, StatefulSet, ReplicaSet]);
const RESTARTED = new Set([Deployment, StatefulSet, DaemonSet]);
const WORKLOAD = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"]);

class ObjectPage extends Page {
  static properties = { kinds: { state: true }, failed: { state: true } };

  constructor() {
    super();
    this.kinds = null;
    this.failed = null;
    this.access = new Access(this);
    this.live = new Live(this, () => [this.list()]);
  }

  get address() {
    const [, group, version, resource, scope, name, tab] = route.parts;
    return { group: group === "core" ? "" : group, version, resource,
      namespace: scope === "-" ? "" : scope, name, tab: tab ?? "summary" };
  }

  get kind() {
    const { group, version, resource } = this.address;
    return findKind(group, resource, version, this.kinds);
  }

  list() {
    const { namespace, name } = this.address;
    return this.kind && name
      ? collection(this.kind, namespace, { fieldSelector: `metadata.name=${name}` }) : null;
  }

  render() {
    if (!this.kind) {
      if (!this.kinds) {
        if (!this.failed) {
          void discovered().then((kinds) => (this.kinds = kinds), (error) => (this.failed = error));
        }
        return this.failed ? html`<div class="card"><div class="empty"><p>${this.failed.message}</p>
            <button @click=${() => (this.failed = null)}>Try again</button></div></div>`
          : html`<div class="empty loading" role="status">Loading…</div>`;
      }
      return html`<h1>Not found</h1><div class="empty"><p>This server does not have this kind.</p></div>`;
    }
    const { namespace, name, tab } = this.address;
    const kind = this.kind;
    const list = this.list();
    const object = list.all.find((o) => o.metadata.name === name);
    if (object) this.last = object;
    if (!object) {
      return html`<div class="page-head"><h1>${name}</h1><span class="dim">${kind.kind}</span></div>
        ${pending(list) ?? html`<div class="card"><div class="empty"><p>${
          this.last?.metadata.name === name ? "It has been deleted." : "There is no such object."}</p>
          <button @click=${() => history.back()}>Back</button></div></div>`}`;
    }
    object.kind ??= kind.kind;
    const tabs = this.tabs(kind);
    const at = tabs.find(([id]) => id === tab) ? tab : "summary";
    return html`<div class="page-head object-head">
        <div><p class="crumb">${kind.kind}${namespace ? html` in <b>${namespace}</b>` : nothing}</p>
          <h1>${name}</h1></div>
        ${this.state(object)}
        ${object.metadata.deletionTimestamp ? pill("wait", "Terminating") : nothing}
        <span class="grow"></span>${this.actions(kind, object)}</div>
      <nav class="tabs" aria-label="Sections">${tabs.map(([id, label]) => html`
        <a href=${href(kind, namespace, name, id === "summary" ? "" : id)}
          aria-current=${id === at ? "page" : nothing}>${label}</a>`)}</nav>
      ${this.section(kind, object, at)}`;
  }

  tabs(kind) {
    return [
      ["summary", "Summary"],
      ...(kind === Pod || WORKLOAD.has(kind.kind) && kind !== CronJob ? [["logs", "Logs"]] : []),
      ...(kind === Pod ? [["terminal", "Terminal"]] : []),
      ["events", "Events"], ["yaml", "YAML"],
    ];
  }

  state(object) {
    if (object.kind === "Pod") return pill(podStatus(object).tone, podStatus(object).status);
    if (object.kind === "Node") return pill(nodeState(object).tone, nodeState(object).word);
    if (WORKLOAD.has(object.kind)) return pill(progress(object).tone, progress(object).note);
    return nothing;
  }

  actions(kind, object) {
    const { namespace, name } = object.metadata;
    const may = (verb, sub) => this.access.can(verb, kind, namespace, name, sub);
    const button = (allowed, icons, label, click, classes = "") => html`<button class=${classes}
      ?disabled=${!allowed} title=${allowed ? "" : "You may not do this"} @click=${click}>
      ${icon(icons)}<span>${label}</span></button>`;
    return html`<div class="actions" role="group" aria-label="Actions">
      ${SCALED.has(kind) ? button(may("patch", "scale"), "scale", "Scale",
        () => act.scale(kind, object)) : nothing}
      ${RESTARTED.has(kind) ? button(may("patch"), "restart", "Restart",
        () => act.restart(kind, object)) : nothing}
      ${kind === Deployment ? button(may("patch"), "back", "Roll back",
        () => act.rollback(object)) : nothing}
      ${kind === CronJob ? button(may("patch"), object.spec.suspend ? "play" : "pause",
        object.spec.suspend ? "Resume" : "Suspend", () => act.setField(kind, object,
          object.spec.suspend ? "resumed" : "suspended", { spec: { suspend: !object.spec.suspend } })) : nothing}
      ${kind === Node ? button(may("patch"), object.spec?.unschedulable ? "play" : "pause",
        object.spec?.unschedulable ? "Uncordon" : "Cordon", () => act.setField(kind, object,
          object.spec?.unschedulable ? "uncordoned" : "cordoned",
          { spec: { unschedulable: object.spec?.unschedulable ? null : true } })) : nothing}
      ${kind === Pod ? html`<a class="button" href="#/flow/${namespace}/${name}">${icon("flow")}<span>Flow</span></a>`
        : nothing}
      ${button(may("delete"), "trash", "Delete", async () => {
        if (await act.remove(kind, object) && kind !== Pod) history.back();
      }, "danger-quiet")}</div>`;
  }

  section(kind, object, tab) {
    switch (tab) {
      case "logs":
        return html`<log-view .object=${object}></log-view>`;
      case "terminal":
        return html`<pod-terminal .pod=${object}></pod-terminal>`;
      case "events":
        return card("Events", html`<event-feed .object=${object} .limit=${200}></event-feed>`);
      case "yaml":
        return html`<yaml-view .kind=${kind} .object=${object}></yaml-view>`;
      default:
        return html`${this.summary(kind, object)}${this.meta(object)}`;
    }
  }

  summary(kind, object) {
    switch (kind) {
      case Pod: return html`<pod-summary .pod=${object}></pod-summary>`;
      case Node: return html`<node-summary .object=${object}></node-summary>`;
      case Secret: case ConfigMap: return html`<data-summary .object=${object}></data-summary>`;
      case Service: return html`<service-summary .object=${object}></service-summary>`;
      default: return WORKLOAD.has(kind.kind)
        ? html`<workload-summary .object=${object}></workload-summary>`
        : html`<plain-summary .object=${object}></plain-summary>`;
    }
  }

  meta(object) {
    const { metadata } = object;
    const owners = metadata.ownerReferences ?? [];
    return html`<p class="meta dim">Created ${ageOf(metadata.creationTimestamp)} ago
      ${owners.length ? html` · owned by ${owners.map((o) => reference(o, metadata.namespace))}` : nothing}
      · uid <span class="mono">${metadata.uid}</span> · version <span class="mono">${metadata.resourceVersion}</span></p>`;
  }
}

customElements.define("object-page", ObjectPage);
