// What a Pod's own fields and events tell of its way from `kubectl apply` to a running container.
import { condition } from "./format.js";
import { lastSeen } from "./eventtime.js";

const at = (timestamp) => (timestamp ? Date.parse(timestamp) : null);

export const firstSeen = (e) => e.eventTime ?? e.firstTimestamp ?? e.metadata.creationTimestamp;

/**
 * What a Pod has reached: the steps this page measures by its own clock, in milliseconds, as the
 * changes arrive, since Kubernetes' own timestamps are whole seconds.
 */
export const STEPS = [
  ["stored", "Stored and sent to all watchers", () => true],
  ["bound", "Scheduler bound it to a node", (pod) => Boolean(pod.spec?.nodeName)],
  ["accepted", "Kubelet accepted it", (pod) => Boolean(pod.status?.startTime)],
  ["sandbox", "Sandbox and network stand", (pod) =>
    condition(pod, "PodReadyToStartContainers")?.status === "True"],
  ["started", "All containers run", (pod) => {
    const containers = pod.status?.containerStatuses ?? [];
    return containers.length > 0 && containers.every((c) => c.state?.running || c.state?.terminated);
  }],
  ["ready", "Ready: Services send it traffic", (pod) => condition(pod, "Ready")?.status === "True"],
];

/** Adds the steps that this version of the Pod has reached and no earlier one had; `marks` is id → time. */
export function mark(marks, pod, now) {
  for (const [id, , reached] of STEPS) if (!marks.has(id) && reached(pod)) marks.set(id, now);
  return marks;
}

/** The steps between marks: [{id, title, from, to}] in milliseconds after the first. */
export function laps(marks) {
  const start = marks.get("stored");
  if (start === undefined) return [];
  const found = [];
  let from = 0;
  for (const [id, title] of STEPS.slice(1)) {
    if (!marks.has(id)) continue;
    const to = marks.get(id) - start;
    found.push({ id, title, from, to });
    from = to;
  }
  return found;
}

/** The stations of the way: [{id, title, state, at, facts: [words]}]; state: done, now, wait, bad. */
export function stations(pod, events, seen) {
  const { metadata, spec = {}, status = {} } = pod;
  const reasons = (...names) => events.filter((e) => names.includes(e.reason));
  const first = (...names) => reasons(...names)[0];
  const scheduled = condition(pod, "PodScheduled");
  const sandbox = condition(pod, "PodReadyToStartContainers");
  const ready = condition(pod, "Ready");
  const containers = status.containerStatuses ?? [];
  const running = containers.filter((c) => c.state?.running || c.state?.terminated);
  const waiting = containers.map((c) => c.state?.waiting).find((w) => /Err|BackOff|Invalid/.test(w?.reason));
  const bound = Boolean(spec.nodeName);
  const owner = metadata.ownerReferences?.[0];
  const over = status.phase === "Succeeded" || status.phase === "Failed";
  const pulled = first("Pulled");

  return [
    {
      id: "apiserver", title: "API server", state: "done", at: at(metadata.creationTimestamp),
      facts: [owner ? `asked by ${owner.kind} ${owner.name}` : "asked by a user",
        "authenticated, authorised, admitted, defaulted, validated"],
    },
    {
      id: "store", title: "Store", state: "done", at: at(metadata.creationTimestamp),
      facts: [`uid ${metadata.uid?.slice(0, 8)}…`, `now at resourceVersion ${metadata.resourceVersion}`],
    },
    {
      id: "hub", title: "Watch hub", state: "done",
      at: seen[0]?.type === "ADDED" ? seen[0].received : null,
      facts: [seen.length
        ? `${seen.length} ${seen.length === 1 ? "change" : "changes"} reached this page, as they reached scheduler, kubelet and controllers`
        : "sent it to scheduler, kubelet and controllers before this page was opened"],
    },
    {
      id: "scheduler", title: "Scheduler",
      state: bound ? "done" : scheduled?.status === "False" ? "bad" : "now",
      at: at(first("Scheduled") && firstSeen(first("Scheduled")))
        ?? (bound ? at(scheduled?.lastTransitionTime) : null),
      facts: [bound ? `bound to ${spec.nodeName}` : scheduled?.message ?? "looking for a node"],
    },
    {
      id: "kubelet", title: "Kubelet",
      state: !bound ? "wait" : running.length ? "done" : waiting ? "bad" : "now",
      at: at(status.startTime),
      facts: [
        status.startTime ? "accepted the Pod" : bound ? "has it in its list" : "waits for a binding",
        sandbox?.status === "True" ? "sandbox and network are up" : null,
        pulled?.message ?? (first("Pulling") ? "pulls the image" : null),
        waiting ? `${waiting.reason}: ${waiting.message ?? ""}` : null,
      ].filter(Boolean),
    },
    {
      id: "container", title: "Containers",
      state: containers.length && running.length === containers.length ? "done"
        : waiting ? "bad" : bound && status.startTime ? "now" : "wait",
      at: latest(running.map((c) => at(c.state.running?.startedAt ?? c.state.terminated?.startedAt))),
      facts: containers.map((c) => `${c.name}: ${words(c.state)}`),
    },
    {
      id: "ready", title: over ? "Finished" : "Ready",
      state: ready?.status === "True" || status.phase === "Succeeded" ? "done"
        : status.phase === "Failed" ? "bad" : running.length ? "now" : "wait",
      at: ready?.status === "True" ? at(ready.lastTransitionTime) : null,
      facts: [over ? `phase ${status.phase}`
        : ready?.status === "True" ? "Services send it traffic" : ready?.reason ?? "not yet"],
    },
  ];
}

const latest = (times) => (times.some(Boolean) ? Math.max(...times.filter(Boolean)) : null);

const words = (state = {}) => state.running ? "running"
  : state.terminated ? `${state.terminated.reason ?? "ended"} (${state.terminated.exitCode})`
  : state.waiting?.reason ?? "waiting";

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** Everything with a time, oldest first: [{at, who, what, more}]. */
export function timeline(pod, events) {
  const { metadata, status = {} } = pod;
  const rows = [{ at: at(metadata.creationTimestamp), who: "API server", what: "created", more: "" }];
  const order = ["PodScheduled", "Initialized", "PodReadyToStartContainers", "ContainersReady", "Ready"];
  for (const c of status.conditions ?? []) {
    rows.push({
      at: at(c.lastTransitionTime), who: c.type === "PodScheduled" ? "Scheduler" : "Kubelet",
      what: `${c.type} ${c.status}`, more: c.message ?? "", rank: 10 + order.indexOf(c.type),
    });
  }
  if (status.startTime) rows.push({ at: at(status.startTime), who: "Kubelet", what: "accepted", more: "", rank: 2 });
  for (const c of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const started = c.state?.running?.startedAt ?? c.state?.terminated?.startedAt;
    if (started) rows.push({ at: at(started), who: "Container", what: `${c.name} runs`, more: c.imageID ?? "", rank: 8 });
    const ended = c.state?.terminated?.finishedAt;
    if (ended) rows.push({ at: at(ended), who: "Container", what: `${c.name} ended`, more: c.state.terminated.reason ?? "", rank: 9 });
  }
  const ranks = { Scheduled: 1, Pulling: 3, Pulled: 4, Created: 5, Started: 6 };
  for (const e of events) {
    rows.push({
      at: at(firstSeen(e)), who: capital(e.reportingComponent || e.source?.component || "Event"), what: e.reason,
      more: e.message, bad: e.type === "Warning", rank: ranks[e.reason] ?? 7,
      times: e.series?.count ?? e.count ?? 1, last: at(lastSeen(e)),
    });
  }
  return rows.filter((r) => r.at !== null)
    .sort((a, b) => a.at - b.at || (a.rank ?? 0) - (b.rank ?? 0));
}

/** Which fields differ between two versions: ["status.phase: Pending → Running"], at most `most`. */
export function changes(old, now, most = 6) {
  const found = [];
  const short = (v) => v === undefined ? "∅" : typeof v === "object" ? "…" : String(v).slice(0, 40);
  const walk = (a, b, path) => {
    if (found.length > most || JSON.stringify(a) === JSON.stringify(b)) return;
    const plain = (v) => v && typeof v === "object";
    if (plain(a) && plain(b)) {
      const named = Array.isArray(a) && Array.isArray(b);
      const id = (v) => v?.type ?? v?.name;
      const keys = named && id(b[0]) ? [...new Set([...a, ...b].map(id))]
        : [...new Set([...Object.keys(a), ...Object.keys(b)])];
      const pick = (v, k) => named && id(b[0]) ? v.find((x) => id(x) === k) : v[k];
      for (const k of keys) walk(pick(a, k), pick(b, k), path ? `${path}.${k}` : k);
    } else if (path !== "metadata.resourceVersion") {
      found.push(`${path}: ${short(a)} → ${short(b)}`);
    }
  };
  walk({ metadata: old.metadata, spec: old.spec, status: old.status },
    { metadata: now.metadata, spec: now.spec, status: now.status }, "");
  return found;
}
