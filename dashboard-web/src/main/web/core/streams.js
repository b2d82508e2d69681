// How many watches may be open at once. Over HTTP/2 they share one connection; over HTTP/1.1 a
// browser opens six connections per host, and watches must leave some of them to requests.

/** Where streams are scarce they are not kept for pages that might come back. */
export function scarce() {
  const protocol = performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "";
  return protocol.startsWith("http/1");
}

const capacity = () => (scarce() ? 4 : 90);

let open = 0;

/** A function that gives the stream back, or null where none is free. */
export function takeStream() {
  if (open >= capacity()) return null;
  open++;
  let held = true;
  return () => {
    if (held) open--;
    held = false;
  };
}
