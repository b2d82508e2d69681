// How many watches may be open at once. Over HTTP/2 they share one connection; over HTTP/1.1 a
// browser opens six connections per host, and watches must leave some of them to requests.

function capacity() {
  const protocol = performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "";
  return protocol.startsWith("http/1") ? 4 : 90;
}

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
