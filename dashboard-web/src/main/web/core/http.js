// One place for requests: the bearer token, Kubernetes Status errors, the end of a session, and a
// second try where the network changed. A browser aborts every request under way when a network
// device comes or goes (Chromium: ERR_NETWORK_CHANGED), and on a node each Pod brings a device.
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

/** The pauses before a request that reached nobody is sent again. */
const AGAIN_MS = [0, 50, 150, 400, 900];

const unreachable = () => new ApiError(0, null, "The API server cannot be reached.");

/** Whether it can be sent twice: creating twice is not what was meant, asking and setting twice is. */
const repeatable = (path, { method = "GET" } = {}) =>
  method !== "POST" || /reviews$|[?&]dryRun=All\b/.test(path);

/** The raw response of one request that succeeded; throws ApiError otherwise, with code 0 where nobody answered. */
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
    throw unreachable();
  }
  if (!response.ok) throw await failure(response);
  return response;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends until somebody answers and the answer was read to its end, or patience ends. */
async function persist(path, options, read) {
  for (let tries = 0; ; tries++) {
    try {
      return await read(await send(path, options));
    } catch (error) {
      // A body that breaks off is a TypeError, one that is no JSON a SyntaxError.
      const lost = error.code === 0 || error instanceof TypeError;
      if (options?.signal?.aborted || !lost) throw gone(error, options, tries);
      if (!repeatable(path, options)) {
        throw new ApiError(0, null, "The connection broke before the server answered: it may have been done.");
      }
      if (tries >= AGAIN_MS.length) throw unreachable();
      await pause(AGAIN_MS[tries]);
    }
  }
}

/** What was to be deleted and is gone at the second try was deleted by the first. */
function gone(error, options, tries) {
  if (tries > 0 && options?.method === "DELETE" && error.code === 404) error.done = true;
  return error;
}

/** A response whose body is read by the caller. */
export const open = (path, options) => persist(path, options, (response) => response);

export async function json(path, options) {
  try {
    return await persist(path, options, (response) => response.json());
  } catch (error) {
    if (error.done) return null;
    throw error;
  }
}

/** The texts of an answer's Warning headers (RFC 9111, code 299), which a browser joins by commas. */
const warnings = (response) =>
  [...(response.headers.get("Warning") ?? "").matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)]
    .map(([, text]) => text.replace(/\\(.)/g, "$1"));

/** What the server says, and what it says beside it. */
export const jsonAndWarnings = (path, options) =>
  persist(path, options, async (response) => [await response.json(), warnings(response)]);

export const text = (path, options) =>
  persist(path, { accept: "*/*", ...options }, (response) => response.text());

/** Loads a part of the front end; a part that did not come is asked for again. */
export async function load(part) {
  for (let tries = 0; ; tries++) {
    try {
      return await part();
    } catch (error) {
      if (tries >= AGAIN_MS.length) throw error;
      await pause(AGAIN_MS[tries]);
    }
  }
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
