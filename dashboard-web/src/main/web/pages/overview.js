// The first page: is the cluster well, and if not, where?
import { html, nothing } from "lit";
import { bytes, condition, cores, percent, plural, quantity, requests } from "../core/format.js";
import { json, text } from "../core/http.js";
import { Deployment, DaemonSet, Job, Node, Pod, StatefulSet, href } from "../core/kinds.js";
import { usage, Usage } from "../core/metrics.js";
import { podStatus } from "../core/podstatus.js";
import { prefs } from "../core/prefs.js";
import { collection, Live } from "../core/store.js";
import { progress } from "../core/workload.js";
import { card, empty, meter, pending, pill, ratio } from "../ui/bits.js";
import { Page } from "../ui/element.js";
import { nodeState } from "./nodes.js";
import "../ui/chart.js";
import "./events.js";

const KINDS = [Deployment, StatefulSet, DaemonSet, Job];

class OverviewPage extends Page {
  static properties = { version: { state: true }, health: { state: true } };

  constructor() {
    super();
    this.usage = new Usage(this);
    this.live = new Live(this, () => [
      collection(Node), collection(Pod, prefs.namespace),
      ...KINDS.map((kind) => collection(kind, prefs.namespace)),
    ]);
  }

  connectedCallback() {
    super.connectedCallback();
    const check = async () => {
      try {
        this.health = (await text("/readyz")).trim() === "ok" ? "ok" : "bad";
      } catch (error) {
        this.health = error.code === 403 ? null : "bad";
      }
    };
    void check();
    this.checking = setInterval(() => !document.hidden && check(), 15000);
    json("/version").then((v) => (this.version = v.gitVersion), () => {});
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.checking);
  }

  render() {
    const nodes = collection(Node);
    const pods = collection(Pod, prefs.namespace);
    const sums = this.sums(nodes.all, pods.all);
    return html`<div class="page-head"><h1>Overview</h1>
        ${this.health ? pill(this.health, this.health === "ok" ? "API server ready" : "API server not ready")
          : nothing}
        <span class="dim">${this.version ?? ""}</span></div>
      <div class="tiles">${this.tiles(nodes, pods, sums)}</div>
      <div class="columns">
        <div class="stack">
          ${this.attention(nodes, pods)}
          ${usage.available ? this.charts(sums) : nothing}
          ${this.nodes(nodes, pods)}
        </div>
        ${card("Live events", html`<event-feed .namespace=${prefs.namespace}></event-feed>`,
          { classes: "side", extra: html`<a href="#/events">All</a>` })}
      </div>`;
  }

  sums(nodes, pods) {
    const sums = { cpu: 0, memory: 0, pods: 0, usedCpu: 0, usedMemory: 0, askedCpu: 0, askedMemory: 0 };
    for (const node of nodes) {
      sums.cpu += quantity(node.status?.allocatable?.cpu);
      sums.memory += quantity(node.status?.allocatable?.memory);
      sums.pods += quantity(node.status?.allocatable?.pods);
      const used = usage.nodes.get(node.metadata.name);
      sums.usedCpu += used?.cpu ?? 0;
      sums.usedMemory += used?.memory ?? 0;
    }
    for (const pod of pods) {
      if (!pod.spec?.nodeName || /Succeeded|Failed/.test(pod.status?.phase)) continue;
      const asked = requests(pod);
      sums.askedCpu += asked.cpu;
      sums.askedMemory += asked.memory;
    }
    return sums;
  }

  tiles(nodes, pods, sums) {
    const ready = nodes.all.filter((n) => condition(n, "Ready")?.status === "True").length;
    const workloads = KINDS.flatMap((kind) => collection(kind, prefs.namespace).all);
    const good = workloads.filter((w) => ["ok", "done"].includes(progress(w).tone)).length;
    const phases = {};
    for (const pod of pods.all) {
      const phase = pod.status?.phase ?? "Unknown";
      phases[phase] = (phases[phase] ?? 0) + 1;
    }
    const tile = (to, label, number, whole, more) => html`<a class="tile" href=${to}>
      <span class="label">${label}</span><span class="number">${number}${
        whole === null ? nothing : html`<span class="dim">/${whole}</span>`}</span>${more}</a>`;
    const used = usage.available;
    return html`
      ${tile("#/nodes", "Nodes ready", ready, nodes.items.size, bar(ready, nodes.items.size))}
      ${tile("#/workloads", "Workloads ready", good, workloads.length, bar(good, workloads.length))}
      ${tile("#/pods", "Pods running", phases.Running ?? 0, pods.items.size, phaseBar(phases, pods.items.size))}
      ${tile("#/nodes", used ? "CPU used" : "CPU requested",
        cores(used ? sums.usedCpu : sums.askedCpu), cores(sums.cpu),
        bar(used ? sums.usedCpu : sums.askedCpu, sums.cpu, true))}
      ${tile("#/nodes", used ? "Memory used" : "Memory requested",
        bytes(used ? sums.usedMemory : sums.askedMemory), bytes(sums.memory),
        bar(used ? sums.usedMemory : sums.askedMemory, sums.memory, true))}`;
  }

  attention(nodes, pods) {
    const rows = [];
    for (const node of nodes.all) {
      const { tone, word } = nodeState(node);
      if (tone !== "ok") rows.push([Node, node, tone, word, condition(node, "Ready")?.message ?? ""]);
    }
    for (const kind of KINDS) {
      for (const object of collection(kind, prefs.namespace).all) {
        const state = progress(object);
        if (state.tone === "bad" || (state.tone === "wait" && kind !== Job)) {
          rows.push([kind, object, state.tone, `${state.note} ${state.ready}/${state.desired}`,
            condition(object, "Progressing")?.message ?? condition(object, "Failed")?.message ?? ""]);
        }
      }
    }
    for (const pod of pods.all) {
      const state = podStatus(pod);
      const stuck = state.tone === "wait" && Date.now() - Date.parse(pod.metadata.creationTimestamp) > 120000;
      if (state.tone === "bad" || stuck) rows.push([Pod, pod, state.tone, state.status, why(pod)]);
    }
    if (!pods.loaded || !nodes.loaded) return nothing;
    if (!rows.length && !nodes.items.size) {
      return card("Needs attention", html`<p class="all-well">${pill("wait", "No node yet")}
        <span class="dim">Pods wait until a node joins.</span></p>`);
    }
    if (!rows.length) {
      return card("Needs attention", html`<p class="all-well">${pill("ok", "All is well")}
        <span class="dim">Every node is ready and every workload has what it asked for.</span></p>`);
    }
    rows.sort((a, b) => a[2].localeCompare(b[2]));
    return card("Needs attention", html`<ul class="attention">${rows.slice(0, 8).map(
      ([kind, object, tone, word, message]) => html`<li>
        ${pill(tone, word)}
        <a href=${href(kind, object.metadata.namespace, object.metadata.name)}>${object.metadata.name}</a>
        <span class="dim kind">${kind.kind}${object.metadata.namespace ? ` · ${object.metadata.namespace}` : ""}</span>
        <span class="dim why" title=${message}>${message}</span></li>`)}</ul>
        ${rows.length > 8 ? html`<p class="more dim">and ${rows.length - 8} more</p>` : nothing}`,
      { extra: html`<span class="count">${rows.length}</span>` });
  }

  charts(sums) {
    const series = (name) => usage.history.map((h) => ({ at: h.at, value: h[name] }));
    return html`<div class="two charts">
      ${card("CPU", html`<time-chart label="CPU used" tone="a" .points=${series("cpu")} .whole=${sums.cpu}
        .format=${cores}></time-chart>`)}
      ${card("Memory", html`<time-chart label="Memory used" tone="b" .points=${series("memory")}
        .whole=${sums.memory} .format=${bytes}></time-chart>`)}</div>`;
  }

  nodes(nodes, pods) {
    const waiting = pending(nodes);
    if (waiting) return card("Nodes", waiting);
    if (!nodes.items.size) return card("Nodes", empty("No node has joined yet."));
    return card("Nodes", html`<table class="plain nodes" aria-label="Nodes">
      <thead><tr><th>Name</th><th>State</th><th>CPU</th><th>Memory</th><th class="p2">Pods</th></tr></thead>
      <tbody>${nodes.all.slice(0, 12).map((node) => {
        const { name } = node.metadata;
        const mine = pods.all.filter((p) => p.spec?.nodeName === name);
        const asked = mine.reduce((sum, p) => {
          const r = requests(p);
          return { cpu: sum.cpu + r.cpu, memory: sum.memory + r.memory };
        }, { cpu: 0, memory: 0 });
        const used = usage.nodes.get(name);
        const room = node.status?.allocatable ?? {};
        const { tone, word } = nodeState(node);
        return html`<tr><th scope="row"><a href=${href(Node, "", name)}>${name}</a></th>
          <td>${pill(tone, word)}</td>
          <td>${meter(`CPU of ${name}`, used?.cpu ?? asked.cpu, quantity(room.cpu),
            { behind: asked.cpu, text: told(used?.cpu, asked.cpu, quantity(room.cpu), cores) })}</td>
          <td>${meter(`Memory of ${name}`, used?.memory ?? asked.memory, quantity(room.memory),
            { behind: asked.memory, text: told(used?.memory, asked.memory, quantity(room.memory), bytes) })}</td>
          <td class="p2">${ratio({ ready: mine.length, desired: quantity(room.pods), tone: "" })}</td></tr>`;
      })}</tbody></table>`, { extra: html`<a href="#/nodes">${plural(nodes.items.size, "node")}</a>` });
  }
}

const told = (used, asked, room, format) =>
  `${used === undefined ? "" : `used ${format(used)}, `}requested ${format(asked)} of ${format(room)}`;

const why = (pod) => {
  for (const c of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    if (c.state?.waiting?.message) return c.state.waiting.message;
    if (c.state?.terminated?.message) return c.state.terminated.message;
  }
  return condition(pod, "PodScheduled")?.message ?? pod.status?.message ?? "";
};

function bar(part, whole, use = false) {
  const share = Math.min(100, percent(part, whole));
  const tone = use ? (share >= 90 ? "bad" : share >= 75 ? "wait" : "") : part >= whole ? "ok" : "wait";
  return html`<span class="bar ${tone}"><span .style=${`width: ${share}%`}></span></span>`;
}

function phaseBar(phases, whole) {
  const tones = { Running: "ok", Succeeded: "done", Pending: "wait", Failed: "bad", Unknown: "bad" };
  const words = Object.entries(phases).map(([phase, n]) => `${phase} ${n}`).join(", ");
  return html`<span class="bar" title=${words}>${Object.entries(tones).map(([phase, tone]) =>
    phases[phase] ? html`<span class=${tone}
      .style=${`width: ${(phases[phase] / whole) * 100}%`}></span>` : nothing)}</span>
    <span class="hidden">${words}</span>`;
}

customElements.define("overview-page", OverviewPage);
