// The kinds that have a page of their own, and how a kind becomes a path of the API.

const kinds = new Map();

function kind(group, version, resource, name, options = {}) {
  const one = {
    group, version, resource, kind: name,
    title: options.title ?? name.replace(/([a-z])([A-Z])/g, "$1 $2") + "s",
    namespaced: options.namespaced ?? true,
    verbs: options.verbs ?? null,
  };
  kinds.set(`${group}/${resource}`, one);
  return one;
}

const cluster = { namespaced: false };

export const Pod = kind("", "v1", "pods", "Pod");
export const Node = kind("", "v1", "nodes", "Node", cluster);
export const Namespace = kind("", "v1", "namespaces", "Namespace", cluster);
export const Event = kind("", "v1", "events", "Event");
export const Service = kind("", "v1", "services", "Service");
export const ConfigMap = kind("", "v1", "configmaps", "ConfigMap");
export const Secret = kind("", "v1", "secrets", "Secret");
export const PersistentVolume =
  kind("", "v1", "persistentvolumes", "PersistentVolume", cluster);
export const PersistentVolumeClaim =
  kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", { title: "Claims" });
export const StorageClass = kind(
  "storage.k8s.io", "v1", "storageclasses", "StorageClass",
  { namespaced: false, title: "Storage classes" });
export const Deployment = kind("apps", "v1", "deployments", "Deployment");
export const StatefulSet = kind("apps", "v1", "statefulsets", "StatefulSet", { title: "StatefulSets" });
export const DaemonSet = kind("apps", "v1", "daemonsets", "DaemonSet", { title: "DaemonSets" });
export const ReplicaSet = kind("apps", "v1", "replicasets", "ReplicaSet", { title: "ReplicaSets" });
export const Job = kind("batch", "v1", "jobs", "Job");
export const CronJob = kind("batch", "v1", "cronjobs", "CronJob", { title: "CronJobs" });
export const Ingress =
  kind("networking.k8s.io", "v1", "ingresses", "Ingress", { title: "Ingresses" });
export const EndpointSlice =
  kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", { title: "EndpointSlices" });
PersistentVolume.title = "Volumes";
ConfigMap.title = "ConfigMaps";

export const WORKLOADS = [Deployment, StatefulSet, DaemonSet, Job, CronJob, ReplicaSet];
export const NETWORK = [Service, EndpointSlice, Ingress];
export const CONFIG = [ConfigMap, Secret];
export const STORAGE = [PersistentVolumeClaim, PersistentVolume, StorageClass];

/** The kind with a page, or one made up from discovery. */
export function findKind(group, resource, version, discovered) {
  const known = kinds.get(`${group}/${resource}`);
  if (known && (!version || known.version === version)) return known;
  return discovered?.find((d) =>
    d.group === group && d.resource === resource && (!version || d.version === version)) ?? null;
}

export function kindOf(object) {
  const [group, version] = splitVersion(object.apiVersion ?? "v1");
  for (const one of kinds.values()) {
    if (one.kind === object.kind && one.group === group && one.version === version) return one;
  }
  return null;
}

export function splitVersion(apiVersion) {
  const at = apiVersion.indexOf("/");
  return at < 0 ? ["", apiVersion] : [apiVersion.slice(0, at), apiVersion.slice(at + 1)];
}

export const apiVersion = (kind) => (kind.group ? `${kind.group}/${kind.version}` : kind.version);

export function listPath(kind, namespace = "") {
  const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
  return kind.namespaced && namespace
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${kind.resource}`
    : `${root}/${kind.resource}`;
}

export function objectPath(kind, namespace, name, subresource = "") {
  const path = `${listPath(kind, kind.namespaced ? namespace : "")}/${encodeURIComponent(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** The page of an object. */
export function href(kind, namespace, name, tab = "") {
  const scope = kind.namespaced ? namespace : "-";
  const path = `#/object/${kind.group || "core"}/${kind.version}/${kind.resource}/${scope}/${name}`;
  return tab ? `${path}/${tab}` : path;
}

/** The page of the object an owner reference or an involvedObject points to; "" where unknown. */
export function hrefOf(reference, namespace) {
  const found = kindOf(reference);
  return found && reference.name ? href(found, reference.namespace ?? namespace, reference.name) : "";
}
