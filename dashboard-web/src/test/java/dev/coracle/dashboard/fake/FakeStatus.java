package dev.coracle.dashboard.fake;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A refusal in the form of Kubernetes' Status. */
final class FakeStatus extends RuntimeException {
  private static final long serialVersionUID = 1;

  final int code;
  private final String reason;
  private final List<String> causes;

  /** Causes are "field: message". */
  FakeStatus(int code, String reason, String message, String... causes) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.causes = List.of(causes);
  }

  ObjectNode toJson() {
    ObjectNode status =
        FakeCluster.JSON
            .createObjectNode()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("status", "Failure")
            .put("code", code)
            .put("reason", reason)
            .put("message", getMessage());
    ArrayNode array = status.putObject("details").putArray("causes");
    for (String cause : causes) {
      String[] parts = cause.split(": ", 2);
      array.addObject().put("field", parts[0]).put("message", parts[1]);
    }
    return status;
  }
}
