package dev.coracle.ingress.internal;

import dev.coracle.ingress.internal.RouteTable.Backend;
import java.util.concurrent.TimeoutException;

/** Why the gateway itself answers, in one line for whoever asked. */
record Refusal(int status, String text) {

  static Refusal noRule() {
    return new Refusal(404, "no Ingress rule matches this host and path\n");
  }

  static Refusal noEndpoint(Backend backend) {
    return new Refusal(
        503,
        "the Service "
            + backend.namespace()
            + "/"
            + backend.service()
            + " has no ready endpoint\n");
  }

  /** What a failure on the way to the backend's answer means. */
  static Refusal of(Backend backend, Throwable failure) {
    String service = "the Service " + backend.namespace() + "/" + backend.service();
    return failure instanceof TimeoutException
        ? new Refusal(504, service + " did not answer in time\n")
        : new Refusal(502, service + " has endpoints, but none gave a proper answer\n");
  }
}
