// Words and numbers as kubectl writes them.

/** A duration as kubectl's AGE column shows it. */
export function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return minutes && seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 ? `${days}d${hours % 24}h` : `${days}d`;
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(hours / 8760);
  if (hours < 8760 * 8) return `${years}y${days % 365}d`;
  return `${years}y`;
}

export function age(timestamp) {
  return timestamp ? duration(Date.now() - Date.parse(timestamp)) : "<unknown>";
}

const clock = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium", timeStyle: "medium",
});

export function moment(timestamp) {
  return timestamp ? clock.format(new Date(timestamp)) : "";
}

const SUFFIXES = {
  n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
};

/** A Kubernetes quantity as a number. */
export function quantity(text) {
  if (text === undefined || text === null) return 0;
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(String(text).trim());
  return match ? Number(match[1]) * (SUFFIXES[match[2]] ?? 1) : 0;
}

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

export function cores(value) {
  if (value >= 10) return value.toFixed(1);
  if (value >= 1) return value.toFixed(2);
  return `${Math.round(value * 1000)}m`;
}

export const percent = (part, whole) => (whole > 0 ? Math.round((part / whole) * 100) : 0);

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

export const condition = (object, type) =>
  object.status?.conditions?.find((c) => c.type === type) ?? null;

export const labels = (map) => Object.entries(map ?? {}).map(([k, v]) => (v ? `${k}=${v}` : k));

/** Requested CPU (cores) and memory (bytes) of a Pod, init containers considered. */
export function requests(pod) {
  const sum = { cpu: 0, memory: 0 };
  const restartable = { cpu: 0, memory: 0 };
  const initial = { cpu: 0, memory: 0 };
  for (const resource of ["cpu", "memory"]) {
    for (const c of pod.spec?.containers ?? []) {
      sum[resource] += quantity(c.resources?.requests?.[resource]);
    }
    for (const c of pod.spec?.initContainers ?? []) {
      const wants = quantity(c.resources?.requests?.[resource]);
      if (c.restartPolicy === "Always") restartable[resource] += wants;
      else initial[resource] = Math.max(initial[resource], wants + restartable[resource]);
    }
    sum[resource] = Math.max(sum[resource] + restartable[resource], initial[resource])
      + quantity(pod.spec?.overhead?.[resource]);
  }
  return sum;
}

/** true if a label selector (matchLabels and matchExpressions, or a plain map) selects labels. */
export function selects(selector, labels = {}) {
  if (!selector) return false;
  const plain = selector.matchLabels ?? (selector.matchExpressions ? {} : selector);
  for (const [name, value] of Object.entries(plain)) if (labels[name] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const has = Object.hasOwn(labels, key);
    if (operator === "Exists" && !has) return false;
    if (operator === "DoesNotExist" && has) return false;
    if (operator === "In" && !values.includes(labels[key])) return false;
    if (operator === "NotIn" && values.includes(labels[key])) return false;
  }
  return true;
}
