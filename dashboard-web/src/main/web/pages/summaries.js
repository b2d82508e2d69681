// Summaries of workloads, Services, ConfigMaps and Secrets, and of anything else.
import { html, nothing } from "lit";
import { selects } from "../core/format.js";
import { EndpointSlice, Job, Pod, ReplicaSet } from "../core/kinds.js";
import { Usage } from "../core/metrics.js";
import { collection, Live } from "../core/store.js";
import { images, progress, revisionOf, selectorOf } from "../core/workload.js";
import { card, chips, conditions, empty, facts, pending, ratio } from "../ui/bits.js";
import { Part } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { columnsOf } from "./columns.js";
import "../ui/table.js";

class WorkloadSummary extends Part {
  static properties = { object: { attribute: false } };

  constructor() {
    super();
    this.usage = new Usage(this);
    this.live = new Live(this, () => [
      this.pods(), this.object.kind === "Deployment" ? this.owned(ReplicaSet) : null,
      this.object.kind === "CronJob" ? this.owned(Job) : null,
    ]);
  }

  pods() {
    return collection(Pod, this.object.metadata.namespace);
  }

  owned(kind) {
    return collection(kind, this.object.metadata.namespace);
  }

  mine(list) {
    return list.all.filter((o) =>
      o.metadata.ownerReferences?.some((r) => r.uid === this.object.metadata.uid));
  }

  render() {
    const object = this.object;
    const { spec = {}, status = {} } = object;
    const state = progress(object);
    const selector = selectorOf(object);
    const pods = selector
      ? this.pods().all.filter((p) => selects(selector, p.metadata.labels)) : [];
    const table = (title, kind, list, rows) => card(title, pending(list) ?? html`<data-table
      .columns=${columnsOf(kind, false)} .rows=${rows} .label=${title}
      .nothing=${`No ${kind.title.toLowerCase()}.`}></data-table>`,
      { classes: "flush", extra: html`<span class="count">${rows.length}</span>` });
    return html`<div class="two">
        ${card("State", facts([
          object.kind === "CronJob" ? null : ["Ready", ratio(state)],
          ["Up to date", status.updatedReplicas ?? status.updatedNumberScheduled],
          ["Available", status.availableReplicas ?? status.numberAvailable],
          ["Active", object.kind === "Job" ? status.active ?? 0 : null],
          ["Failed", object.kind === "Job" ? status.failed ?? 0 : null],
          ["Schedule", spec.schedule],
          ["Last schedule", status.lastScheduleTime],
          ["Revision", revisionOf(object) || null],
          ["Strategy", spec.strategy?.type ?? spec.updateStrategy?.type],
          ["Suspended", spec.suspend ? "yes" : null],
        ]))}
        ${card("Template", facts([
          ["Images", images(object).map((i) => html`<div class="mono small">${i}</div>`)],
          ["Selector", selector ? chips(selector.matchLabels ?? {}) : null],
          ["Labels", chips(object.metadata.labels)],
          ["Service", spec.serviceName],
        ]))}
      </div>
      ${object.kind === "CronJob" ? table("Jobs", Job, this.owned(Job), this.mine(this.owned(Job)))
        : table("Pods", Pod, this.pods(), pods)}
      ${object.kind === "Deployment"
        ? table("Revisions", ReplicaSet, this.owned(ReplicaSet), this.mine(this.owned(ReplicaSet))) : nothing}
      ${status.conditions?.length ? card("Conditions", conditions(object)) : nothing}`;
  }
}
customElements.define("workload-summary", WorkloadSummary);

class ServiceSummary extends Part {
  static properties = { object: { attribute: false } };

  constructor() {
    super();
    this.live = new Live(this, () => [this.slices(), this.pods()]);
  }

  slices() {
    const { namespace, name } = this.object.metadata;
    return collection(EndpointSlice, namespace,
      { labelSelector: `kubernetes.io/service-name=${name}` });
  }

  pods() {
    return collection(Pod, this.object.metadata.namespace);
  }

  render() {
    const { spec = {}, metadata, status = {} } = this.object;
    const pods = spec.selector
      ? this.pods().all.filter((p) => selects(spec.selector, p.metadata.labels)) : [];
    const given = (status.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname);
    const dns = `${metadata.name}.${metadata.namespace}.svc`;
    return html`<div class="two">
        ${card("Address", facts([
          ["Type", spec.type ?? "ClusterIP"], ["Cluster IP", (spec.clusterIPs ?? [spec.clusterIP]).join(", ")],
          ["Name", html`<span class="mono">${dns}</span>`],
          ["External", [...given, ...(spec.externalIPs ?? [])].join(", ") || spec.externalName],
          ["Selector", spec.selector ? chips(spec.selector) : "none"],
          ["Session affinity", spec.sessionAffinity === "None" ? null : spec.sessionAffinity],
        ]))}
        ${card("Ports", html`<table class="plain"><thead><tr><th>Name</th><th>Port</th><th>Target</th><th>Node port</th></tr></thead>
          <tbody>${(spec.ports ?? []).map((p) => html`<tr><th scope="row">${p.name ?? "–"}</th>
            <td>${p.port}/${p.protocol ?? "TCP"}</td><td>${p.targetPort ?? p.port}</td><td>${p.nodePort ?? "–"}</td></tr>`)}</tbody></table>`)}
      </div>
      ${card("Endpoints", pending(this.slices()) ?? html`<data-table .columns=${columnsOf(EndpointSlice, false)}
        .rows=${this.slices().all} .label=${"EndpointSlices"} .nothing=${"No EndpointSlice yet."}></data-table>`, { classes: "flush" })}
      ${card("Pods", pending(this.pods()) ?? html`<data-table .columns=${columnsOf(Pod, false)} .rows=${pods}
        .label=${"Pods"} .nothing=${"No Pod is selected."}></data-table>`, { classes: "flush" })}`;
  }
}
customElements.define("service-summary", ServiceSummary);

class DataSummary extends Part {
  static properties = { object: { attribute: false }, shown: { state: true } };

  constructor() {
    super();
    this.shown = new Set();
  }

  toggle(name) {
    const shown = new Set(this.shown);
    if (!shown.delete(name)) shown.add(name);
    this.shown = shown;
  }

  render() {
    const secret = this.object.kind === "Secret";
    const entries = [
      ...Object.entries(this.object.data ?? {}).map(([k, v]) => [k, secret ? decode(v) : v]),
      ...Object.entries(this.object.binaryData ?? {}).map(([k, v]) => [k, decode(v)]),
    ].sort(([a], [b]) => a.localeCompare(b));
    return html`${card("Data", entries.length ? html`<ul class="data-entries">${entries.map(([name, value]) => {
        const visible = !secret || this.shown.has(name);
        return html`<li><div class="data-head"><b class="mono">${name}</b>
            <span class="dim">${new Blob([value]).size} B</span><span class="grow"></span>
            ${secret ? html`<button class="quiet" aria-pressed=${visible} @click=${() => this.toggle(name)}>
              ${icon("eye")}${visible ? "Hide" : "Show"}<span class="hidden"> ${name}</span></button>` : nothing}
            <button class="quiet" @click=${() => navigator.clipboard?.writeText(value)}>${icon("copy")}Copy<span
              class="hidden"> ${name}</span></button></div>
          ${visible ? html`<pre tabindex="0" role="group" aria-label=${name}>${value}</pre>`
            : html`<p class="dim secret">•••••••• <span class="hidden">hidden</span></p>`}</li>`;
      })}</ul>` : empty("It has no data."))}
      ${card("Labels", facts([["Type", this.object.type], ["Labels", chips(this.object.metadata.labels)],
        ["Immutable", this.object.immutable ? "yes" : null]]))}`;
  }
}

function decode(base64) {
  const raw = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return base64;
  }
}
customElements.define("data-summary", DataSummary);

class PlainSummary extends Part {
  static properties = { object: { attribute: false } };

  render() {
    const { metadata, spec = {}, status = {} } = this.object;
    const flat = (from) => Object.entries(from)
      .filter(([, v]) => ["string", "number", "boolean"].includes(typeof v))
      .map(([k, v]) => [k, String(v)]);
    return html`<div class="two">
        ${card("Metadata", facts([["Labels", chips(metadata.labels)],
          ["Annotations", chips(metadata.annotations)],
          ["Finalizers", (metadata.finalizers ?? []).join(", ")]]))}
        ${flat(spec).length ? card("Specification", facts(flat(spec))) : nothing}
        ${flat(status).length ? card("Status", facts(flat(status))) : nothing}</div>
      ${status.conditions?.length ? card("Conditions", conditions(this.object)) : nothing}`;
  }
}
customElements.define("plain-summary", PlainSummary);
