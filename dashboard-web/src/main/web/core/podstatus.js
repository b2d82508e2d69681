// The READY, STATUS and RESTARTS columns of `kubectl get pods`.
import { age, condition } from "./format.js";

const stopped = (terminated, prefix = "") => {
  if (terminated.reason) return prefix + terminated.reason;
  return terminated.signal ? `${prefix}Signal:${terminated.signal}`
    : `${prefix}ExitCode:${terminated.exitCode ?? 0}`;
};

const later = (a, b) => (b && (!a || b > a) ? b : a);

const isRestartable = (pod, name) =>
  pod.spec?.initContainers?.find((c) => c.name === name)?.restartPolicy === "Always";

/** {ready, total, status, restarts, lastRestart, tone}; tone: ok, wait, bad, done. */
export function podStatus(pod) {
  const status = pod.status ?? {};
  let reason = status.reason || status.phase || "Unknown";
  let restarts = 0;
  let restartableRestarts = 0;
  let lastRestart = "";
  let lastRestartableRestart = "";
  let ready = 0;
  let total = pod.spec?.containers?.length ?? 0;
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.reason === "SchedulingGated") reason = "SchedulingGated";

  const initial = pod.spec?.initContainers ?? [];
  total += initial.filter((c) => c.restartPolicy === "Always").length;
  let initializing = false;
  for (const [at, c] of (status.initContainerStatuses ?? []).entries()) {
    restarts += c.restartCount ?? 0;
    lastRestart = later(lastRestart, c.lastState?.terminated?.finishedAt);
    const sidecar = isRestartable(pod, c.name);
    if (sidecar) {
      restartableRestarts += c.restartCount ?? 0;
      lastRestartableRestart = later(lastRestartableRestart, c.lastState?.terminated?.finishedAt);
    }
    const terminated = c.state?.terminated;
    if (terminated && terminated.exitCode === 0) continue;
    if (sidecar && c.started) {
      if (c.ready) ready++;
      continue;
    }
    if (terminated) reason = stopped(terminated, "Init:");
    else if (c.state?.waiting?.reason && c.state.waiting.reason !== "PodInitializing") {
      reason = `Init:${c.state.waiting.reason}`;
    } else reason = `Init:${at}/${initial.length}`;
    initializing = true;
    break;
  }

  if (!initializing || condition(pod, "Initialized")?.status === "True") {
    restarts = restartableRestarts;
    lastRestart = lastRestartableRestart;
    let running = false;
    for (const c of [...(status.containerStatuses ?? [])].reverse()) {
      restarts += c.restartCount ?? 0;
      lastRestart = later(lastRestart, c.lastState?.terminated?.finishedAt);
      if (c.state?.waiting?.reason) reason = c.state.waiting.reason;
      else if (c.state?.terminated) reason = stopped(c.state.terminated);
      else if (c.ready && c.state?.running) {
        running = true;
        ready++;
      }
    }
    if (reason === "Completed" && running) {
      reason = condition(pod, "Ready")?.status === "True" ? "Running" : "NotReady";
    }
  }
  const over = status.phase === "Succeeded" || status.phase === "Failed";
  if (pod.metadata.deletionTimestamp && status.reason === "NodeLost") reason = "Unknown";
  else if (pod.metadata.deletionTimestamp && !over) reason = "Terminating";
  return { ready, total, status: reason, restarts, lastRestart, tone: tone(reason, ready, total) };
}

const WAITING = new Set([
  "Pending", "ContainerCreating", "PodInitializing", "Terminating", "SchedulingGated", "NotReady",
]);

function tone(reason, ready, total) {
  if (reason === "Running") return ready === total ? "ok" : "wait";
  if (reason === "Completed" || reason === "Succeeded") return "done";
  if (WAITING.has(reason) || /^Init:\d/.test(reason)) return "wait";
  return "bad";
}

export function restartsText({ restarts, lastRestart }) {
  return restarts && lastRestart ? `${restarts} (${age(lastRestart)} ago)` : String(restarts);
}

/** One word and tone for a container's state. */
export function containerState(state = {}) {
  if (state.running) return { word: "Running", tone: "ok", at: state.running.startedAt };
  if (state.terminated) {
    const { exitCode, reason, finishedAt } = state.terminated;
    return {
      word: reason ?? "Terminated", tone: exitCode === 0 ? "done" : "bad", at: finishedAt,
      note: `exit code ${exitCode}`,
    };
  }
  const reason = state.waiting?.reason ?? "Waiting";
  return {
    word: reason, tone: /Err|BackOff|Invalid/.test(reason) ? "bad" : "wait", at: null,
    note: state.waiting?.message ?? "",
  };
}
