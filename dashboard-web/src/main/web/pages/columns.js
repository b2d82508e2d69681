// Which columns the list of a kind has.
import { html, nothing } from "lit";
import { bytes, cores, condition, labels, quantity } from "../core/format.js";
import { href, kindOf } from "../core/kinds.js";
import { podStatus, restartsText } from "../core/podstatus.js";
import { images, progress } from "../core/workload.js";
import { usage } from "../core/metrics.js";
import { ageOf, pill, ratio } from "../ui/bits.js";

export const created = (o) => Date.parse(o.metadata.creationTimestamp ?? 0);

export const nameColumn = (kind, label = "Name") => ({
  label, grow: true,
  value: (o) => o.metadata.name,
  cell: (o) => html`<a href=${href(kind ?? kindOf(o), o.metadata.namespace, o.metadata.name)}
    title=${o.metadata.name}>${o.metadata.name}</a>`,
});

export const namespaceColumn = {
  label: "Namespace", priority: 2, value: (o) => o.metadata.namespace ?? "",
};

export const ageColumn = {
  label: "Age", num: true, value: (o) => -created(o), cell: (o) => ageOf(o.metadata.creationTimestamp),
};

const text = (label, value, options = {}) => ({ label, value, ...options });

const statuses = new WeakMap();
const statusOf = (pod) => {
  if (!statuses.has(pod)) statuses.set(pod, podStatus(pod));
  return statuses.get(pod);
};

const podUsage = (resource, format) => ({
  label: resource === "cpu" ? "CPU" : "Memory", num: true, priority: 3,
  value: (p) => usage.pods.get(`${p.metadata.namespace}/${p.metadata.name}`)?.[resource] ?? 0,
  cell: (p) => {
    const used = usage.pods.get(`${p.metadata.namespace}/${p.metadata.name}`);
    return used ? format(used[resource]) : html`<span class="dim">–</span>`;
  },
});

export const podColumns = () => [
  text("Ready", (p) => statusOf(p).ready, {
    num: true,
    cell: (p) => {
      const { ready, total, tone } = statusOf(p);
      return ratio({ ready, desired: total, tone });
    },
  }),
  text("Status", (p) => statusOf(p).status, {
    cell: (p) => pill(statusOf(p).tone, statusOf(p).status, p.status?.message ?? ""),
  }),
  text("Restarts", (p) => statusOf(p).restarts, {
    num: true, priority: 2, cell: (p) => restartsText(statusOf(p)),
  }),
  ...(usage.available ? [podUsage("cpu", cores), podUsage("memory", bytes)] : []),
  text("IP", (p) => p.status?.podIP ?? "", { priority: 3 }),
  text("Node", (p) => p.spec?.nodeName ?? "", {
    priority: 2,
    cell: (p) => p.spec?.nodeName
      ? html`<a href="#/object/core/v1/nodes/-/${p.spec.nodeName}">${p.spec.nodeName}</a>`
      : html`<span class="dim">–</span>`,
  }),
];

const imageColumn = text("Images", (o) => images(o).join(", "), {
  priority: 3,
  cell: (o) => html`<span class="mono small" title=${images(o).join("\n")}>${images(o).join(", ")}</span>`,
});

const workload = (...more) => [
  text("Ready", (o) => progress(o).ready, { num: true, cell: (o) => ratio(progress(o)) }),
  text("State", (o) => progress(o).note, {
    cell: (o) => pill(progress(o).tone, progress(o).note,
      condition(o, "Progressing")?.message ?? ""),
  }),
  ...more, imageColumn,
];

const ports = (service) => (service.spec?.ports ?? [])
  .map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ""}/${p.protocol ?? "TCP"}`).join(", ");

const external = (service) => {
  if (service.spec?.type === "ExternalName") return service.spec.externalName;
  const given = [...(service.status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname),
    ...(service.spec?.externalIPs ?? [])];
  return given.join(", ");
};

const phase = (label = "Status") => text(label, (o) => o.status?.phase ?? "", {
  cell: (o) => pill({ Bound: "ok", Available: "ok", Active: "ok", Pending: "wait", Lost: "bad",
    Failed: "bad", Released: "wait", Terminating: "wait" }[o.status?.phase] ?? "done",
  o.status?.phase ?? "–"),
});

const endpoints = (slice) => (slice.endpoints ?? []).flatMap((e) => e.addresses ?? []);

const columns = {
  pods: podColumns,
  deployments: () => workload(
    text("Up to date", (o) => o.status?.updatedReplicas ?? 0, { num: true, priority: 2 }),
    text("Available", (o) => o.status?.availableReplicas ?? 0, { num: true, priority: 2 })),
  statefulsets: () => workload(),
  daemonsets: () => workload(
    text("Desired", (o) => o.status?.desiredNumberScheduled ?? 0, { num: true, priority: 2 }),
    text("Available", (o) => o.status?.numberAvailable ?? 0, { num: true, priority: 2 })),
  replicasets: () => workload(
    text("Owner", (o) => o.metadata.ownerReferences?.[0]?.name ?? "", { priority: 2 })),
  jobs: () => workload(
    text("Active", (o) => o.status?.active ?? 0, { num: true, priority: 2 }),
    text("Failed", (o) => o.status?.failed ?? 0, { num: true, priority: 2 })),
  cronjobs: () => [
    text("Schedule", (o) => o.spec?.schedule ?? "", {
      cell: (o) => html`<span class="mono">${o.spec?.schedule}</span>`,
    }),
    text("State", (o) => progress(o).note, { cell: (o) => pill(progress(o).tone, progress(o).note) }),
    text("Active", (o) => o.status?.active?.length ?? 0, { num: true }),
    imageColumn,
  ],
  services: () => [
    text("Type", (o) => o.spec?.type ?? "ClusterIP"),
    text("Cluster IP", (o) => o.spec?.clusterIP ?? "", { priority: 2 }),
    text("External", external, { priority: 2 }),
    text("Ports", ports),
    text("Selector", (o) => labels(o.spec?.selector).join(", "), { priority: 3 }),
  ],
  endpointslices: () => [
    text("Service", (o) => o.metadata.labels?.["kubernetes.io/service-name"] ?? ""),
    text("Type", (o) => o.addressType ?? "", { priority: 2 }),
    text("Ports", (o) => (o.ports ?? []).map((p) => p.port ?? "*").join(", "), { priority: 2 }),
    text("Ready", (o) => (o.endpoints ?? []).filter((e) => e.conditions?.ready !== false).length, {
      num: true,
      cell: (o) => {
        const all = o.endpoints ?? [];
        const ready = all.filter((e) => e.conditions?.ready !== false).length;
        return ratio({ ready, desired: all.length, tone: ready === all.length ? "ok" : "wait" });
      },
    }),
    text("Addresses", (o) => endpoints(o).join(", "), {
      priority: 3, cell: (o) => html`<span class="mono small">${endpoints(o).join(", ")}</span>`,
    }),
  ],
  ingresses: () => [
    text("Class", (o) => o.spec?.ingressClassName ?? "", { priority: 2 }),
    text("Hosts", (o) => (o.spec?.rules ?? []).map((r) => r.host ?? "*").join(", ")),
    text("Address", (o) => (o.status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname)
      .join(", "), { priority: 2 }),
    text("TLS", (o) => (o.spec?.tls?.length ? "yes" : "no"), { priority: 2 }),
  ],
  configmaps: () => [
    text("Keys", (o) => Object.keys({ ...o.data, ...o.binaryData }).length, { num: true }),
    text("Names", (o) => Object.keys({ ...o.data, ...o.binaryData }).join(", "), { priority: 3 }),
  ],
  secrets: () => [
    text("Type", (o) => o.type ?? "Opaque"),
    text("Keys", (o) => Object.keys(o.data ?? {}).length, { num: true }),
  ],
  persistentvolumeclaims: () => [
    phase(),
    text("Volume", (o) => o.spec?.volumeName ?? "", { priority: 2 }),
    text("Capacity", (o) => quantity(o.status?.capacity?.storage), {
      num: true, cell: (o) => o.status?.capacity?.storage ?? "",
    }),
    text("Access", (o) => (o.status?.accessModes ?? o.spec?.accessModes ?? []).join(", "), { priority: 3 }),
    text("Class", (o) => o.spec?.storageClassName ?? "", { priority: 2 }),
  ],
  persistentvolumes: () => [
    phase(),
    text("Capacity", (o) => quantity(o.spec?.capacity?.storage), {
      num: true, cell: (o) => o.spec?.capacity?.storage ?? "",
    }),
    text("Claim", (o) => o.spec?.claimRef
      ? `${o.spec.claimRef.namespace}/${o.spec.claimRef.name}` : "", { priority: 2 }),
    text("Reclaim", (o) => o.spec?.persistentVolumeReclaimPolicy ?? "", { priority: 2 }),
    text("Class", (o) => o.spec?.storageClassName ?? "", { priority: 2 }),
  ],
  storageclasses: () => [
    text("Provisioner", (o) => o.provisioner ?? ""),
    text("Reclaim", (o) => o.reclaimPolicy ?? "Delete", { priority: 2 }),
    text("Binding", (o) => o.volumeBindingMode ?? "Immediate", { priority: 2 }),
    text("Default", (o) =>
      o.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true" ? "yes" : ""),
  ],
};

/** name, namespace where it matters, the kind's own columns, age. */
export function columnsOf(kind, allNamespaces) {
  return [
    nameColumn(kind),
    ...(kind.namespaced && allNamespaces ? [namespaceColumn] : []),
    ...(columns[kind.resource]?.() ?? []),
    ageColumn,
  ];
}

export const orNothing = (value) => value || nothing;
