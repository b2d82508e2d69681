// Who is signed in. The token lives in sessionStorage: gone with the tab, never in a cookie.

const KEY = "coracle.token";
const listeners = new Set();

export const session = {
  token: null,
  user: null,
  groups: [],
  /** "checking" | "in" | "out" */
  state: "checking",
  reason: "",
};

export function onSession(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed() {
  for (const listener of listeners) listener(session);
}

/** Takes a token handed over once as `#token=…` and wipes it from the address bar and history. */
export function takeTokenFromAddress() {
  const match = /^#token=([^&]+)/.exec(location.hash);
  if (match) {
    history.replaceState(null, "", location.pathname + location.search + "#/");
    sessionStorage.setItem(KEY, decodeURIComponent(match[1]));
  }
  session.token = sessionStorage.getItem(KEY);
}

export function signedIn(user, groups) {
  Object.assign(session, { user, groups, state: "in", reason: "" });
  changed();
}

export function useToken(token) {
  session.token = token;
  sessionStorage.setItem(KEY, token);
}

/** Forgets the token and shows the sign-in page with a reason. */
export function signOut(reason = "") {
  if (session.state === "out" && !session.token) return;
  sessionStorage.removeItem(KEY);
  Object.assign(session, { token: null, user: null, groups: [], state: "out", reason });
  changed();
}
