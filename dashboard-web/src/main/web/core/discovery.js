// Which kinds the server has: aggregated discovery (KEP-3352), or the older lists.
import { json } from "./http.js";
import { onSession } from "./session.js";

const AGGREGATED =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
let cached = null;

onSession(() => (cached = null));

function fromAggregated(list) {
  const found = [];
  for (const group of list.items ?? []) {
    const version = group.versions?.[0];
    for (const resource of version?.resources ?? []) {
      found.push({
        group: group.metadata?.name ?? "",
        version: version.version,
        resource: resource.resource,
        kind: resource.responseKind?.kind ?? resource.singularResource ?? resource.resource,
        title: resource.responseKind?.kind ?? resource.resource,
        namespaced: resource.scope === "Namespaced",
        verbs: resource.verbs ?? [],
      });
    }
  }
  return found;
}

function fromResources(list, group, version) {
  return (list.resources ?? [])
    .filter((resource) => !resource.name.includes("/"))
    .map((resource) => ({
      group, version, resource: resource.name, kind: resource.kind, title: resource.kind,
      namespaced: resource.namespaced, verbs: resource.verbs ?? [],
    }));
}

async function discover() {
  const [core, groups] = await Promise.all([
    json("/api", { accept: AGGREGATED }), json("/apis", { accept: AGGREGATED })]);
  const found = [];
  if (core.kind === "APIGroupDiscoveryList") found.push(...fromAggregated(core));
  else found.push(...fromResources(await json("/api/v1"), "", "v1"));
  if (groups.kind === "APIGroupDiscoveryList") found.push(...fromAggregated(groups));
  else {
    const lists = await Promise.allSettled((groups.groups ?? []).map(async (group) => {
      const { groupVersion, version } = group.preferredVersion;
      return fromResources(await json(`/apis/${groupVersion}`), group.name, version);
    }));
    for (const list of lists) if (list.status === "fulfilled") found.push(...list.value);
  }
  return found.sort((a, b) =>
    a.group.localeCompare(b.group) || a.resource.localeCompare(b.resource));
}

/** Every kind of the server, preferred versions only. */
export function discovered(fresh = false) {
  if (!cached || fresh) {
    cached = discover();
    cached.catch(() => (cached = null));
  }
  return cached;
}
