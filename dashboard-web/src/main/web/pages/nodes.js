// Nodes: capacity, what is requested of it, what is used.
import { html } from "lit";
import { bytes, condition, cores, quantity, requests } from "../core/format.js";
import { Node, Pod } from "../core/kinds.js";
import { usage, Usage } from "../core/metrics.js";
import { collection, Live } from "../core/store.js";
import { card, chips, conditions, facts, meter, pending, pill, ratio } from "../ui/bits.js";
import { Page, Part } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { ageColumn, columnsOf, nameColumn } from "./columns.js";
import "../ui/table.js";

export function nodeState(node) {
  const ready = condition(node, "Ready");
  if (!ready || ready.status === "Unknown") return { tone: "bad", word: "NotReady" };
  if (ready.status !== "True") return { tone: "bad", word: "NotReady" };
  if (node.spec?.unschedulable) return { tone: "wait", word: "SchedulingDisabled" };
  const pressed = node.status?.conditions?.find((c) => c.type !== "Ready" && c.status === "True");
  return pressed ? { tone: "wait", word: pressed.type } : { tone: "ok", word: "Ready" };
}

const roles = (node) => Object.keys(node.metadata.labels ?? {})
  .filter((l) => l.startsWith("node-role.kubernetes.io/")).map((l) => l.split("/")[1]).join(", ");

/** Pods and their requests by node name. */
function byNode(pods) {
  const found = new Map();
  for (const pod of pods) {
    const node = pod.spec?.nodeName;
    if (!node) continue;
    const sum = found.get(node) ?? { pods: 0, cpu: 0, memory: 0 };
    sum.pods++;
    if (!/Succeeded|Failed/.test(pod.status?.phase)) {
      const asked = requests(pod);
      sum.cpu += asked.cpu;
      sum.memory += asked.memory;
    }
    found.set(node, sum);
  }
  return found;
}

const none = { pods: 0, cpu: 0, memory: 0 };

class NodesPage extends Page {
  static properties = { filter: { state: true } };

  constructor() {
    super();
    this.filter = "";
    this.usage = new Usage(this);
    this.live = new Live(this, () => [collection(Node), collection(Pod)]);
  }

  render() {
    const nodes = collection(Node);
    const sums = byNode(collection(Pod).all);
    const resource = (name, label, format) => ({
      label,
      value: (n) => usage.nodes.get(n.metadata.name)?.[name] ?? (sums.get(n.metadata.name) ?? none)[name],
      cell: (n) => {
        const asked = (sums.get(n.metadata.name) ?? none)[name];
        const used = usage.nodes.get(n.metadata.name)?.[name];
        const room = quantity(n.status?.allocatable?.[name]);
        return meter(`${label} of ${n.metadata.name}`, used ?? asked, room, {
          behind: asked,
          text: `${used === undefined ? "" : `used ${format(used)}, `}requested ${format(asked)} of ${format(room)}`,
        });
      },
    });
    const columns = [
      nameColumn(Node),
      { label: "State", value: (n) => nodeState(n).word,
        cell: (n) => pill(nodeState(n).tone, nodeState(n).word) },
      { label: "Roles", value: roles, priority: 3 },
      resource("cpu", "CPU", cores), resource("memory", "Memory", bytes),
      { label: "Pods", num: true, priority: 2, value: (n) => (sums.get(n.metadata.name) ?? none).pods,
        cell: (n) => ratio({ ready: (sums.get(n.metadata.name) ?? none).pods,
          desired: quantity(n.status?.allocatable?.pods), tone: "" }) },
      { label: "Address", priority: 3, value: (n) =>
        n.status?.addresses?.find((a) => a.type === "InternalIP")?.address ?? "" },
      { label: "Version", priority: 3, value: (n) => n.status?.nodeInfo?.kubeletVersion ?? "" },
      { label: "Runtime", priority: 3, value: (n) => n.status?.nodeInfo?.containerRuntimeVersion ?? "" },
      ageColumn,
    ];
    return html`<div class="page-head"><h1>Nodes</h1>
        <span class="dim">${nodes.loaded ? nodes.items.size : ""}</span><span class="grow"></span>
        <label class="filter">${icon("search")}<span class="hidden">Filter nodes</span>
          <input type="search" placeholder="Filter" data-filter .value=${this.filter}
            @input=${(e) => (this.filter = e.target.value)}></label></div>
      <div class="card flush">${pending(nodes) ?? html`<data-table .columns=${columns} .rows=${nodes.all}
        .filter=${this.filter} .label=${"Nodes"} .nothing=${"No node has joined yet."}></data-table>`}</div>
      ${usage.available === false ? html`<p class="dim note">Bars show requests: metrics.k8s.io does not
        answer.</p>` : html`<p class="dim note">Bars show usage, with requests behind it.</p>`}`;
  }
}
customElements.define("nodes-page", NodesPage);

class NodeSummary extends Part {
  static properties = { object: { attribute: false } };

  constructor() {
    super();
    this.usage = new Usage(this);
    this.live = new Live(this, () => [this.pods()]);
  }

  pods() {
    return collection(Pod, "", { fieldSelector: `spec.nodeName=${this.object.metadata.name}` });
  }

  render() {
    const node = this.object;
    const info = node.status?.nodeInfo ?? {};
    const pods = this.pods().all.filter((p) => p.spec?.nodeName === node.metadata.name);
    const asked = byNode(pods).get(node.metadata.name) ?? none;
    const used = usage.nodes.get(node.metadata.name);
    const room = node.status?.allocatable ?? {};
    const capacity = node.status?.capacity ?? {};
    const row = (name, label, format) => html`<tr><th scope="row">${label}</th>
      <td>${used ? format(used[name]) : "–"}</td><td>${format(asked[name])}</td>
      <td>${format(quantity(room[name]))}</td><td>${format(quantity(capacity[name]))}</td>
      <td>${meter(label, used?.[name] ?? asked[name], quantity(room[name]), { behind: asked[name] })}</td></tr>`;
    return html`<div class="two">
        ${card("Capacity", html`<div class="scroller" tabindex="0" role="group" aria-label="Capacity"><table class="plain">
          <thead><tr><th>Resource</th><th>Used</th><th>Requested</th><th>Allocatable</th><th>Capacity</th><th>Share</th></tr></thead>
          <tbody>${row("cpu", "CPU", cores)}${row("memory", "Memory", bytes)}
            <tr><th scope="row">Pods</th><td>${asked.pods}</td><td>–</td><td>${room.pods}</td><td>${capacity.pods}</td>
              <td>${meter("Pods", asked.pods, quantity(room.pods))}</td></tr></tbody></table></div>`)}
        ${card("System", facts([
          ["Addresses", (node.status?.addresses ?? []).map((a) => html`<div>${a.address} <span class="dim">${a.type}</span></div>`)],
          ["Kubelet", info.kubeletVersion], ["Runtime", info.containerRuntimeVersion],
          ["System", info.osImage], ["Kernel", info.kernelVersion],
          ["Architecture", info.architecture], ["Pod CIDR", node.spec?.podCIDR],
          node.spec?.taints?.length ? ["Taints", node.spec.taints.map((t) =>
            html`<div class="mono small">${t.key}${t.value ? `=${t.value}` : ""}:${t.effect}</div>`)] : null,
          ["Labels", chips(node.metadata.labels)],
        ]))}
      </div>
      ${card("Conditions", conditions(node))}
      ${card("Pods", pending(this.pods()) ?? html`<data-table .columns=${columnsOf(Pod, true)} .rows=${pods}
        .label=${"Pods of this node"} .nothing=${"No Pod runs here."}></data-table>`, { classes: "flush" })}`;
  }
}
customElements.define("node-summary", NodeSummary);
