// A Pod: its containers, conditions and where it runs.
import { html, nothing } from "lit";
import { bytes, cores } from "../core/format.js";
import { href, Node, Pod } from "../core/kinds.js";
import { usage, Usage } from "../core/metrics.js";
import { containerState, podStatus, restartsText } from "../core/podstatus.js";
import { ageOf, card, chips, conditions, facts, pill, reference } from "../ui/bits.js";
import { Part } from "../ui/element.js";
import "./terminal.js";

class PodSummary extends Part {
  static properties = { pod: { attribute: false } };

  constructor() {
    super();
    this.usage = new Usage(this);
  }

  render() {
    const pod = this.pod;
    const { spec = {}, status = {}, metadata } = pod;
    const used = usage.pods.get(`${metadata.namespace}/${metadata.name}`);
    const state = podStatus(pod);
    const all = [
      ...(spec.initContainers ?? []).map((c) => [c, status.initContainerStatuses, "init"]),
      ...(spec.containers ?? []).map((c) => [c, status.containerStatuses, ""]),
      ...(spec.ephemeralContainers ?? []).map((c) => [c, status.ephemeralContainerStatuses, "ephemeral"]),
    ];
    return html`<div class="two">
        ${card("Where it runs", facts([
          ["Node", spec.nodeName ? html`<a href=${href(Node, "", spec.nodeName)}>${spec.nodeName}</a>` : "not chosen yet"],
          ["Pod IP", (status.podIPs ?? []).map((i) => i.ip).join(", ") || status.podIP],
          ["Host IP", status.hostIP], ["Ready", `${state.ready}/${state.total}`],
          ["Restarts", restartsText(state)], ["Phase", status.phase],
          ["Message", status.message],
          used ? ["Uses", `${cores(used.cpu)} CPU, ${bytes(used.memory)}`] : null,
        ]))}
        ${card("How it runs", facts([
          ["Owner", (metadata.ownerReferences ?? []).map((o) => reference(o, metadata.namespace))],
          ["Service account", spec.serviceAccountName], ["QoS class", status.qosClass],
          ["Priority", spec.priorityClassName ?? spec.priority], ["Restart policy", spec.restartPolicy],
          ["Labels", chips(metadata.labels)],
        ]))}
      </div>
      ${card("Containers", html`<ul class="containers">${all.map(([c, statuses, role]) =>
        this.container(c, statuses?.find((s) => s.name === c.name), role))}</ul>`)}
      ${card("Conditions", conditions(pod))}
      ${(spec.volumes ?? []).length ? card("Volumes", html`<ul class="rows">${spec.volumes.map((v) => {
        const type = Object.keys(v).find((k) => k !== "name");
        return html`<li><b>${v.name}</b> <span class="dim">${type}</span></li>`;
      })}</ul>`) : nothing}`;
  }

  container(c, status, role) {
    const { word, tone, at, note } = containerState(status?.state);
    const { namespace, name } = this.pod.metadata;
    const last = status?.lastState?.terminated;
    const asked = c.resources?.requests ?? {};
    const limits = c.resources?.limits ?? {};
    const pair = (r) => asked[r] || limits[r] ? `${asked[r] ?? "–"} / ${limits[r] ?? "no limit"}` : "";
    return html`<li>
      <div class="container-head"><b>${c.name}</b>${role ? html`<span class="count">${role}</span>` : nothing}
        ${pill(tone, word, note)} ${at ? html`<span class="dim">${ageOf(at)}</span>` : nothing}
        <span class="grow"></span><a href="${href(Pod, namespace, name, "logs")}">Logs</a></div>
      ${note ? html`<p class="why">${note}</p>` : nothing}
      ${facts([
        ["Image", html`<span class="mono small">${c.image}</span>`],
        ["Command", c.command || c.args ? html`<span class="mono small">${
          [...(c.command ?? []), ...(c.args ?? [])].join(" ")}</span>` : null],
        ["Ports", (c.ports ?? []).map((p) => `${p.containerPort}/${p.protocol ?? "TCP"}`).join(", ")],
        ["CPU", pair("cpu")], ["Memory", pair("memory")],
        ["Restarts", status?.restartCount ? `${status.restartCount}${last
          ? `, last ${last.reason ?? "ended"} with code ${last.exitCode}` : ""}` : ""],
        ["Probes", ["startupProbe", "livenessProbe", "readinessProbe"].filter((p) => c[p])
          .map((p) => p.replace("Probe", "")).join(", ")],
      ])}</li>`;
  }
}
customElements.define("pod-summary", PodSummary);
