// How far a workload is from what it was asked to be.
import { age, condition } from "./format.js";

/** {ready, desired, tone, note} of any workload kind. */
export function progress(object) {
  const spec = object.spec ?? {};
  const status = object.status ?? {};
  switch (object.kind) {
    case "Deployment":
    case "StatefulSet":
    case "ReplicaSet":
      return measured(object, status.readyReplicas ?? 0, spec.replicas ?? 1);
    case "DaemonSet":
      return measured(object, status.numberReady ?? 0, status.desiredNumberScheduled ?? 0);
    case "Job":
      return job(object);
    case "CronJob":
      return cronJob(object);
    default:
      return { ready: 0, desired: 0, tone: "done", note: "" };
  }
}

function measured(object, ready, desired) {
  const observed = (object.status?.observedGeneration ?? 0) >= (object.metadata.generation ?? 0);
  const stuck = condition(object, "Progressing")?.status === "False"
    || condition(object, "ReplicaFailure")?.status === "True";
  if (desired === 0) return { ready, desired, tone: ready ? "wait" : "done", note: "Scaled to zero" };
  if (!observed) return { ready, desired, tone: "wait", note: "Updating" };
  if (ready >= desired) return { ready, desired, tone: "ok", note: "Ready" };
  return stuck ? { ready, desired, tone: "bad", note: "Stuck" }
    : { ready, desired, tone: "wait", note: "Progressing" };
}

function job(object) {
  const ready = object.status?.succeeded ?? 0;
  const desired = object.spec?.completions ?? 1;
  if (condition(object, "Complete")?.status === "True") {
    return { ready, desired, tone: "done", note: "Complete" };
  }
  if (condition(object, "Failed")?.status === "True") {
    return { ready, desired, tone: "bad", note: condition(object, "Failed").reason ?? "Failed" };
  }
  if (object.spec?.suspend) return { ready, desired, tone: "done", note: "Suspended" };
  return { ready, desired, tone: "wait", note: "Running" };
}

function cronJob(object) {
  const active = object.status?.active?.length ?? 0;
  const last = object.status?.lastScheduleTime;
  const note = object.spec?.suspend ? "Suspended" : last ? `Last ${age(last)} ago` : "Never ran";
  return { ready: active, desired: active, tone: object.spec?.suspend ? "done" : "ok", note };
}

export const images = (object) => {
  const template = object.spec?.template ?? object.spec?.jobTemplate?.spec?.template ?? object;
  return [...new Set((template.spec?.containers ?? []).map((c) => c.image))];
};

export const selectorOf = (object) => object.spec?.selector ?? null;

export const revisionOf = (object) =>
  Number(object.metadata.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
