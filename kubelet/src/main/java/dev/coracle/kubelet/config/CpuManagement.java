package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which containers have CPUs of their own (Kubernetes docs, "Control CPU Management Policies on the
 * Node").
 *
 * @param exclusive the policy {@code static}: Guaranteed pods' containers that ask for whole CPUs
 *     have theirs alone; otherwise {@code none}
 */
public record CpuManagement(boolean exclusive, Set<Option> options) {

  /** What else the policy {@code static} is to see to. */
  public enum Option {
    /** No two containers share a core. */
    FULL_PCPUS_ONLY("full-pcpus-only"),

    /** Nobody runs on reserved CPUs. */
    STRICT_CPU_RESERVATION("strict-cpu-reservation"),

    /** What does not come from one NUMA node comes from several in equal parts. */
    DISTRIBUTE_CPUS_ACROSS_NUMA("distribute-cpus-across-numa"),

    /** CPUs share a last-level cache where they can. */
    PREFER_ALIGN_CPUS_BY_UNCORECACHE("prefer-align-cpus-by-uncorecache");

    private final String text;

    Option(String text) {
      this.text = text;
    }

    /** Its name in a KubeletConfiguration. */
    public String text() {
      return text;
    }

    private static Optional<Option> of(String text) {
      return Arrays.stream(values()).filter(o -> o.text.equals(text)).findFirst();
    }
  }

  public static final CpuManagement NONE = new CpuManagement(false, Set.of());

  public CpuManagement {
    options = Set.copyOf(options);
  }

  /** The policy {@code static}. */
  public static CpuManagement staticPolicy(Option... options) {
    return new CpuManagement(true, Set.of(options));
  }

  /** The policy's name in a KubeletConfiguration. */
  public String policy() {
    return exclusive ? "static" : "none";
  }

  public boolean has(Option option) {
    return options.contains(option);
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
    Set<Option> options = EnumSet.noneOf(Option.class);
    for (Map.Entry<String, JsonNode> option :
        document.path("cpuManagerPolicyOptions").properties()) {
      if (!exclusive) {
        throw new IllegalArgumentException(
            "invalid configuration: cpuManagerPolicyOptions are for cpuManagerPolicy static");
      }
      if (bool(option.getKey(), option.getValue().asText())) {
        options.add(Option.of(option.getKey()).orElseThrow(() -> unknown(option.getKey())));
      }
    }
    if (options.contains(Option.PREFER_ALIGN_CPUS_BY_UNCORECACHE)
        && options.contains(Option.DISTRIBUTE_CPUS_ACROSS_NUMA)) {
      throw new IllegalArgumentException(
          "static policy options "
              + Option.PREFER_ALIGN_CPUS_BY_UNCORECACHE.text
              + " and "
              + Option.DISTRIBUTE_CPUS_ACROSS_NUMA.text
              + " can not be used at the same time");
    }
    return new CpuManagement(exclusive, options);
  }

  private static IllegalArgumentException unknown(String option) {
    return new IllegalArgumentException(
        "invalid configuration: cpuManagerPolicyOptions: \""
            + option
            + "\" is not supported by this kubelet, which knows "
            + Arrays.stream(Option.values()).map(Option::text).collect(Collectors.joining(", ")));
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
