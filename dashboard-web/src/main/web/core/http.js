// One place for requests: the bearer token, Kubernetes Status errors, and the end of a session.
import { session, signedIn, signOut } from "./session.js";

/** A refused request, with Kubernetes' Status where the server sent one. */
export class ApiError extends Error {
  constructor(code, status, fallback) {
    super(status?.message || fallback || `The server answered ${code}`);
    this.code = code;
    this.reason = status?.reason ?? "";
    this.causes = status?.details?.causes ?? [];
    this.status = status;
  }
}

export function query(parameters) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(name, value);
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

function headers(extra) {
  const all = { Accept: "application/json", ...extra };
  if (session.token) all.Authorization = `Bearer ${session.token}`;
  return all;
}

async function failure(response) {
  let status = null;
  let text = "";
  try {
    text = await response.text();
    status = JSON.parse(text);
  } catch {
    // Not a Status: the text itself is the message.
  }
  if (response.status === 401 && session.state === "in") signOut("Your session has ended. Sign in again.");
  return new ApiError(response.status, status, text.slice(0, 300) || response.statusText);
}

/** The raw response of a request that succeeded; throws ApiError otherwise. */
export async function send(path, { method = "GET", body, type, accept, signal } = {}) {
  const extra = {};
  if (accept) extra.Accept = accept;
  if (body !== undefined) extra["Content-Type"] = type ?? "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: headers(extra),
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, null, "The API server cannot be reached.");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

export async function json(path, options) {
  return (await send(path, options)).json();
}

export async function text(path, options) {
  return (await send(path, { accept: "*/*", ...options })).text();
}

/** Asks the server who we are; ends in the state "in" or "out". */
export async function whoAmI() {
  try {
    const review = await json("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
      method: "POST",
      body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
    });
    const info = review.status?.userInfo ?? {};
    if (info.username === "system:anonymous") signOut(session.token ? "That token is not known." : "");
    else signedIn(info.username ?? "unknown", info.groups ?? []);
  } catch (error) {
    if (error.code === 404 || error.code === 405) signedIn("unknown", []);
    else if (error.code === 401) signOut(session.token ? "That token is not accepted." : "");
    else if (error.code === 403) signOut(session.token ? error.message : "");
    else throw error;
  }
}
