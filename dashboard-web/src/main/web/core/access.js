// What this user may do, by SelfSubjectAccessReview: buttons that would be refused are disabled.
import { json } from "./http.js";
import { onSession } from "./session.js";

const FRESH_MS = 60000;
const answers = new Map();

onSession(() => answers.clear());

async function ask(attributes) {
  try {
    const review = await json("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      method: "POST",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: attributes },
      },
    });
    return review.status?.allowed === true;
  } catch (error) {
    // A server without authorization reviews decides when the request comes.
    if (error.code === 404) return true;
    if (error.code === 403) return false;
    throw error;
  }
}

/** May the user do this? A promise, answered from memory for a minute. */
export function may(verb, kind, namespace = "", name = "", subresource = "") {
  const attributes = { verb, group: kind.group, version: kind.version, resource: kind.resource };
  if (kind.namespaced && namespace) attributes.namespace = namespace;
  if (name) attributes.name = name;
  if (subresource) attributes.subresource = subresource;
  const id = JSON.stringify(attributes);
  const known = answers.get(id);
  if (known && Date.now() - known.at < FRESH_MS) return known.answer;
  const answer = ask(attributes).catch(() => {
    // Nobody answered: no until the next time somebody asks.
    answers.delete(id);
    return false;
  });
  answers.set(id, { at: Date.now(), answer });
  return answer;
}

/** A Lit controller: `access.can("delete")` is false until the server has said yes. */
export class Access {
  constructor(host) {
    this.host = host;
    this.known = new Map();
    host.addController(this);
  }

  hostConnected() {}

  can(verb, kind, namespace, name, subresource) {
    const id = [verb, kind.group, kind.resource, namespace, name, subresource].join("|");
    if (!this.known.has(id)) {
      this.known.set(id, false);
      void may(verb, kind, namespace, name, subresource).then((allowed) => {
        this.known.set(id, allowed);
        if (allowed) this.host.requestUpdate();
      });
    }
    return this.known.get(id);
  }
}
