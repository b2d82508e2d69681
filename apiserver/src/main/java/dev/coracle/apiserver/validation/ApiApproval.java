package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoQuote;

/**
 * Whether Kubernetes' community has looked at a definition of one of its own groups, as the
 * definition says itself (KEP-1111).
 *
 * @param message in upstream's words
 */
public record ApiApproval(State state, String message) {

  /** Upstream's reason of the condition {@link #CONDITION}. */
  public enum State {
    MISSING("MissingAnnotation"),
    INVALID("InvalidAnnotation"),
    APPROVED("ApprovedAnnotation"),
    BYPASSED("UnapprovedAnnotation");

    private final String reason;

    State(String reason) {
      this.reason = reason;
    }

    public String reason() {
      return reason;
    }
  }

  public static final String CONDITION = "KubernetesAPIApprovalPolicyConformant";

  static final String ANNOTATION = "api-approved.kubernetes.io";

  private static final String MUST =
      "protected groups must have approval annotation \"" + ANNOTATION + "\"";
  private static final String SEE = ", see https://github.com/kubernetes/enhancements/pull/1111";

  /** Whether a group is one of Kubernetes itself. */
  public static boolean isNeeded(String group) {
    String name = "." + group;
    return name.endsWith(".k8s.io") || name.endsWith(".kubernetes.io");
  }

  public static ApiApproval of(JsonNode definition) {
    String said = said(definition);
    if (said.isEmpty()) {
      return new ApiApproval(State.MISSING, MUST + SEE);
    }
    if (said.startsWith("unapproved")) {
      return new ApiApproval(State.BYPASSED, "not approved: " + GoQuote.of(said));
    }
    return said.matches("[A-Za-z][A-Za-z0-9+.-]*://[^/\\s]+\\S*")
        ? new ApiApproval(State.APPROVED, "approved in " + said)
        : new ApiApproval(
            State.INVALID,
            MUST + " with either a URL or a reason starting with \"unapproved\"" + SEE);
  }

  static String said(JsonNode definition) {
    return definition.path("metadata").path("annotations").path(ANNOTATION).asText("");
  }

  public boolean isGiven() {
    return state == State.APPROVED;
  }
}
