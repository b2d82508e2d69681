package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;

/**
 * Where pods' cgroups stand and what they are held to beside what the pods ask for.
 *
 * @param root {@code cgroupRoot}: below which cgroup all of them stand, without slashes at its
 *     ends; empty for this node's own
 * @param podPids how many process ids a pod may have ({@code podPidsLimit}); zero: as many as there
 *     are
 * @param cpuQuota whether limits of CPU are enforced ({@code cpuCFSQuota})
 * @param cpuPeriod in which a quota is used up ({@code cpuCFSQuotaPeriod})
 * @param swap who may swap
 * @param exclusiveCpus whether containers have CPUs alone, of which they need no quota
 * @param singleProcessOomKill whether a container that runs out of memory loses one process, and
 *     not all of them ({@code singleProcessOOMKill}); empty: as its cgroups' version has it
 */
public record CgroupOptions(
    Optional<String> root,
    long podPids,
    boolean cpuQuota,
    Duration cpuPeriod,
    Swap swap,
    boolean exclusiveCpus,
    Optional<Boolean> singleProcessOomKill) {

  /** {@code memorySwap.swapBehavior} (KEP-2400). */
  public enum Swap {
    NO_SWAP("NoSwap"),
    /** Burstable pods, by their share of the memory. */
    LIMITED_SWAP("LimitedSwap");

    private final String text;

    Swap(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  private static final Duration PERIOD = Duration.ofMillis(100);
  private static final String PERIODS = "CustomCPUCFSQuotaPeriod";

  public static final CgroupOptions DEFAULT =
      new CgroupOptions(Optional.empty(), 0, true, PERIOD, Swap.NO_SWAP, false, Optional.empty());

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static CgroupOptions parse(JsonNode document, FeatureGates gates) {
    return new CgroupOptions(
        root(document.path("cgroupRoot").asText("")),
        pids(document.path("podPidsLimit")),
        ConfigFields.flag(document, "cpuCFSQuota", true),
        period(document, gates),
        swap(document.path("memorySwap")),
        document.path("cpuManagerPolicy").asText("").equals("static"),
        singleProcessOomKill(document, SettledFields.isCgroupV1()));
  }

  /**
   * @param version1 whether the machine's cgroups are of version 1, which has no other way
   */
  static Optional<Boolean> singleProcessOomKill(JsonNode document, boolean version1) {
    if (!document.has("singleProcessOOMKill")) {
      return Optional.empty();
    }
    boolean single = ConfigFields.flag(document, "singleProcessOOMKill", true);
    if (version1 && !single) {
      throw ConfigFields.invalid(
          "singleProcessOOMKill must not be explicitly set to false when using cgroup v1");
    }
    return Optional.of(single);
  }

  private static Optional<String> root(String said) {
    if (said.isEmpty()) {
      return Optional.empty();
    }
    String plain = said.replaceAll("^/+|/+$", "");
    if (plain.isEmpty() || !said.startsWith("/") || said.contains("..") || said.contains("//")) {
      throw ConfigFields.invalid(
          "cgroupRoot: "
              + said
              + " must be the absolute path of a cgroup below the root, for pods of several"
              + " clusters on one machine not to stand in one; leave it out for one of this"
              + " node's own");
    }
    return Optional.of(plain);
  }

  private static long pids(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return 0;
    }
    if (!node.isIntegralNumber()) {
      throw new IllegalArgumentException("podPidsLimit must be a number");
    }
    return Math.max(0, node.longValue());
  }

  private static Duration period(JsonNode document, FeatureGates gates) {
    Duration period = ConfigFields.duration(document, "cpuCFSQuotaPeriod", PERIOD);
    String said = document.path("cpuCFSQuotaPeriod").asText();
    if (!period.equals(PERIOD) && !gates.isOn(PERIODS)) {
      throw ConfigFields.invalid(
          "cpuCFSQuotaPeriod (--cpu-cfs-quota-period) "
              + said
              + " requires feature gate "
              + PERIODS);
    }
    if (period.compareTo(Duration.ofMillis(1)) < 0 || period.compareTo(Duration.ofSeconds(1)) > 0) {
      throw ConfigFields.invalid(
          "cpuCFSQuotaPeriod (--cpu-cfs-quota-period) "
              + said
              + " must be between 1ms and 1sec, inclusive");
    }
    return period;
  }

  private static Swap swap(JsonNode node) {
    if (!node.isMissingNode() && !node.isNull() && !node.isObject()) {
      throw ConfigFields.invalid("memorySwap must be an object with swapBehavior");
    }
    node.fieldNames()
        .forEachRemaining(field -> {
          if (!field.equals("swapBehavior")) {
            throw ConfigFields.invalid(
                "memorySwap: unknown field \"" + field + "\"; known is swapBehavior");
          }
        });
    String said = node.path("swapBehavior").asText("");
    return switch (said) {
      case "", "NoSwap" -> Swap.NO_SWAP;
      case "LimitedSwap" -> Swap.LIMITED_SWAP;
      default ->
          throw ConfigFields.invalid(
              "memorySwap.swapBehavior \""
                  + said
                  + "\" must be one of: \"\", \"LimitedSwap\" or \"NoSwap\"");
    };
  }

  /** Microseconds. */
  public long cpuPeriodMicros() {
    return cpuPeriod.toNanos() / 1000;
  }
}
