// What the reader chose: namespace and theme, kept in this browser.

const listeners = new Set();

export const prefs = {
  namespace: localStorage.getItem("coracle.namespace") ?? "",
  theme: localStorage.getItem("coracle.theme") ?? "auto",
};

export function onPrefs(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setNamespace(namespace) {
  prefs.namespace = namespace;
  localStorage.setItem("coracle.namespace", namespace);
  listeners.forEach((listener) => listener(prefs));
}

/** "auto" follows the system. */
export function setTheme(theme) {
  prefs.theme = theme;
  if (theme === "auto") {
    localStorage.removeItem("coracle.theme");
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem("coracle.theme", theme);
    document.documentElement.dataset.theme = theme;
  }
  listeners.forEach((listener) => listener(prefs));
}
