package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Which containers have CPUs of their own (Kubernetes docs, "Control CPU Management Policies on the
 * Node").
 *
 * @param exclusive the policy {@code static}: Guaranteed pods' containers that ask for whole CPUs
 *     have theirs alone; otherwise {@code none}
 * @param wholeCores {@code full-pcpus-only}: no two containers share a core
 * @param strictReservation {@code strict-cpu-reservation}: nobody runs on reserved CPUs
 */
public record CpuManagement(boolean exclusive, boolean wholeCores, boolean strictReservation) {
  public static final CpuManagement NONE = new CpuManagement(false, false, false);

  private static final String WHOLE_CORES = "full-pcpus-only";
  private static final String STRICT = "strict-cpu-reservation";

  /** The policy's name in a KubeletConfiguration. */
  public String policy() {
    return exclusive ? "static" : "none";
  }

  /**
   * @param reservations leave the policy {@code static} the CPUs for all who have none of their own
   * @throws IllegalArgumentException of what is no policy, and of what this kubelet does not do
   */
  static CpuManagement parse(JsonNode document, NodeReservations reservations) {
    String policy = document.path("cpuManagerPolicy").asText("none");
    if (!policy.equals("none") && !policy.equals("static")) {
      throw new IllegalArgumentException(
          "invalid configuration: cpuManagerPolicy: unknown policy: \""
              + policy
              + "\"; it must be none or static");
    }
    boolean exclusive = policy.equals("static");
    if (exclusive && reservations.of("cpu").signum() == 0) {
      throw new IllegalArgumentException(
          "[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be"
              + " greater than zero");
    }
    boolean wholeCores = false;
    boolean strict = false;
    for (Map.Entry<String, JsonNode> option :
        document.path("cpuManagerPolicyOptions").properties()) {
      if (!exclusive) {
        throw new IllegalArgumentException(
            "invalid configuration: cpuManagerPolicyOptions are for cpuManagerPolicy static");
      }
      boolean on = bool(option.getKey(), option.getValue().asText());
      switch (option.getKey()) {
        case WHOLE_CORES -> wholeCores = on;
        case STRICT -> strict = on;
        default -> {
          if (on) {
            throw new IllegalArgumentException(
                "invalid configuration: cpuManagerPolicyOptions: \""
                    + option.getKey()
                    + "\" is not supported by this kubelet, which knows "
                    + WHOLE_CORES
                    + " and "
                    + STRICT);
          }
        }
      }
    }
    return new CpuManagement(exclusive, wholeCores, strict);
  }

  private static boolean bool(String option, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(
          "invalid configuration: cpuManagerPolicyOptions: bad value for option \""
              + option
              + "\": \""
              + value
              + "\" is neither true nor false");
    }
    return value.equals("true");
  }
}
