// What can be done to an object, and the requests that do it.
import { html } from "lit";
import { json } from "../core/http.js";
import { Deployment, ReplicaSet, listPath, objectPath } from "../core/kinds.js";
import { revisionOf, images } from "../core/workload.js";
import { ask } from "../ui/dialog.js";
import { age } from "../core/format.js";
import { failed, toast } from "../ui/toast.js";

const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const PATCH = "application/json-patch+json";

const pathOf = (kind, object, subresource) =>
  objectPath(kind, object.metadata.namespace, object.metadata.name, subresource);

async function attempt(what, done, work) {
  try {
    await work();
    toast(done);
    return true;
  } catch (error) {
    failed(what, error);
    return false;
  }
}

export async function scale(kind, object) {
  const now = object.spec.replicas ?? 1;
  const answer = await ask({
    title: `Scale ${object.metadata.name}`,
    confirm: "Scale",
    body: html`<label class="field">Replicas
      <input name="replicas" type="number" min="0" max="10000" required autofocus .value=${String(now)}></label>
      <p class="dim">It has ${now} now.</p>`,
  });
  if (!answer) return;
  const replicas = Number(answer.replicas);
  await attempt("Not scaled", `Scaled ${object.metadata.name} to ${replicas}.`, () =>
    json(pathOf(kind, object, "scale"), { method: "PATCH", type: MERGE, body: { spec: { replicas } } }));
}

export async function restart(kind, object) {
  const answer = await ask({
    title: `Restart ${object.metadata.name}?`,
    confirm: "Restart",
    body: html`<p>Its Pods are replaced step by step, as the update strategy says.</p>`,
  });
  if (!answer) return;
  const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
  await attempt("Not restarted", `Restarting ${object.metadata.name}.`, () =>
    json(pathOf(kind, object), {
      method: "PATCH", type: STRATEGIC,
      body: { spec: { template: { metadata: { annotations } } } },
    }));
}

export async function setField(kind, object, what, body) {
  await attempt(`Not ${what}`, `${object.metadata.name} is ${what}.`, () =>
    json(pathOf(kind, object), { method: "PATCH", type: MERGE, body }));
}

/** Shows the ReplicaSets of a Deployment and puts the chosen one's template back. */
export async function rollback(object) {
  let list;
  try {
    list = await json(listPath(ReplicaSet, object.metadata.namespace));
  } catch (error) {
    failed("The revisions cannot be read", error);
    return;
  }
  const now = revisionOf(object);
  const mine = (list.items ?? [])
    .filter((rs) => rs.metadata.ownerReferences?.some((o) => o.uid === object.metadata.uid))
    .sort((a, b) => revisionOf(b) - revisionOf(a));
  const older = mine.filter((rs) => revisionOf(rs) !== now);
  if (!older.length) {
    toast(`${object.metadata.name} has no earlier revision.`);
    return;
  }
  const answer = await ask({
    title: `Roll ${object.metadata.name} back`,
    confirm: "Roll back",
    body: html`<fieldset class="choices"><legend>To which revision? It is at ${now} now.</legend>
      ${older.map((rs, at) => html`<label><input type="radio" name="revision" .value=${rs.metadata.uid}
        ?checked=${at === 0}><b>${revisionOf(rs)}</b>
        <span class="mono small">${images(rs).join(", ")}</span>
        <span class="dim">${age(rs.metadata.creationTimestamp)} ago
          ${rs.metadata.annotations?.["kubernetes.io/change-cause"] ?? ""}</span></label>`)}</fieldset>`,
  });
  const chosen = older.find((rs) => rs.metadata.uid === answer?.revision);
  if (!chosen) return;
  const template = structuredClone(chosen.spec.template);
  delete template.metadata?.labels?.["pod-template-hash"];
  await attempt("Not rolled back", `Rolling back to revision ${revisionOf(chosen)}.`, () =>
    json(pathOf(Deployment, object), {
      method: "PATCH", type: PATCH, body: [{ op: "replace", path: "/spec/template", value: template }],
    }));
}

/** true if the object was given up for deletion. */
export async function remove(kind, object) {
  const { name, namespace } = object.metadata;
  const answer = await ask({
    title: `Delete ${kind.kind} ${name}?`,
    confirm: "Delete",
    danger: true,
    body: html`<p>${namespace ? html`In namespace <b>${namespace}</b>. ` : ""}What it owns is deleted
      with it, in the background.</p>
      <label class="check"><input type="checkbox" name="orphan" value="yes">Leave what it owns</label>`,
  });
  if (!answer) return false;
  return attempt("Not deleted", `${kind.kind} ${name} is being deleted.`, () =>
    json(pathOf(kind, object), {
      method: "DELETE",
      body: {
        kind: "DeleteOptions", apiVersion: "v1",
        propagationPolicy: answer.orphan ? "Orphan" : "Background",
        preconditions: { uid: object.metadata.uid },
      },
    }));
}
