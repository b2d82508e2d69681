// Usage from metrics.k8s.io: asked while somebody looks, remembered for the charts.
import { json } from "./http.js";
import { quantity } from "./format.js";

const EVERY_MS = 15000;
const ABSENT_MS = 120000;
const KEEP = 240;
const listeners = new Set();
let timer = null;

/** nodes and pods: name or ns/name → {cpu, memory}; history: [{at, cpu, memory}] of the cluster. */
export const usage = { available: null, nodes: new Map(), pods: new Map(), history: [] };

let notBefore = 0;

async function ask() {
  if (document.hidden || Date.now() < notBefore) return;
  try {
    const [nodes, pods] = await Promise.all([
      json("/apis/metrics.k8s.io/v1beta1/nodes"), json("/apis/metrics.k8s.io/v1beta1/pods")]);
    usage.nodes = new Map((nodes.items ?? []).map((n) => [n.metadata.name, {
      cpu: quantity(n.usage?.cpu), memory: quantity(n.usage?.memory),
    }]));
    usage.pods = new Map((pods.items ?? []).map((p) => [
      `${p.metadata.namespace}/${p.metadata.name}`,
      (p.containers ?? []).reduce((sum, c) => ({
        cpu: sum.cpu + quantity(c.usage?.cpu), memory: sum.memory + quantity(c.usage?.memory),
      }), { cpu: 0, memory: 0 })]));
    usage.available = true;
    const total = { at: Date.now(), cpu: 0, memory: 0 };
    for (const node of usage.nodes.values()) {
      total.cpu += node.cpu;
      total.memory += node.memory;
    }
    if (usage.nodes.size) usage.history = [...usage.history, total].slice(-KEEP);
  } catch (error) {
    // A server without this API is not asked all the time.
    if (error.code === 404 || error.code === 403) notBefore = Date.now() + ABSENT_MS;
    usage.available ??= false;
  }
  for (const listener of listeners) listener();
}

/** A Lit controller: usage is asked for while at least one host is shown. */
export class Usage {
  constructor(host) {
    this.host = host;
    this.listener = () => host.requestUpdate();
    host.addController(this);
  }

  hostConnected() {
    listeners.add(this.listener);
    if (!timer) {
      timer = setInterval(ask, EVERY_MS);
      void ask();
    }
  }

  hostDisconnected() {
    listeners.delete(this.listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = null;
    }
  }
}
