// The address after "#": pages can be bookmarked, shared, and walked with back and forward.

const listeners = new Set();

function parse() {
  const [path] = location.hash.replace(/^#/, "").split("?");
  return path.split("/").filter(Boolean).map(decodeURIComponent);
}

export const route = { parts: parse() };

export function onRoute(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function go(hash) {
  if (location.hash === hash) return;
  location.hash = hash;
}

addEventListener("hashchange", () => {
  route.parts = parse();
  for (const listener of listeners) listener(route);
});

/** Reads the address again: after the token was taken out of it. */
export function refreshRoute() {
  route.parts = parse();
}
