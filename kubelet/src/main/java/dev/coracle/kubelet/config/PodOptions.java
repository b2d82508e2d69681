package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * How many pods a node takes, and what holds for each of them.
 *
 * @param most {@code maxPods}
 * @param perCore {@code podsPerCore}: no more than so many for each CPU; zero for no such limit
 * @param ids {@code userNamespaces.idsPerPod}
 * @param firstRestart what a container that ends again and again waits at first (KEP-4603)
 * @param longestRestart {@code crashLoopBackOff.maxContainerRestartPeriod}: the longest that it
 *     waits
 * @param resync {@code syncFrequency}: how often each pod is looked at though nothing is heard of
 *     it; zero: never
 * @param seccompDefault whether containers that name no seccomp profile have the runtime's
 * @param sysctls which ones pods may set
 */
public record PodOptions(
    int most,
    int perCore,
    int ids,
    Duration firstRestart,
    Duration longestRestart,
    Duration resync,
    boolean seccompDefault,
    Sysctls sysctls) {

  /** The ids of a pod with users of its own come in multiples of this. */
  private static final int ID_UNIT = 65536;

  private static final Duration FIRST_RESTART = Duration.ofSeconds(10);
  private static final Duration LONGEST_RESTART = Duration.ofMinutes(5);

  /** With both of them shorter (KEP-4603). */
  private static final String REDUCED = "ReduceDefaultCrashLoopBackOffDecay";

  private static final Duration REDUCED_FIRST = Duration.ofSeconds(1);
  private static final Duration REDUCED_LONGEST = Duration.ofSeconds(60);

  public static final PodOptions DEFAULT =
      new PodOptions(
          110, 0, ID_UNIT, FIRST_RESTART, LONGEST_RESTART, Duration.ZERO, false, Sysctls.SAFE);

  /** How many pods a machine with so many CPUs takes. */
  public static int mostOn(int cpus, int most, int perCore) {
    return perCore == 0 ? most : (int) Math.min((long) cpus * perCore, most);
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static PodOptions parse(JsonNode document, FeatureGates gates) {
    boolean reduced = gates.isOn(REDUCED);
    return new PodOptions(
        ConfigFields.count(document, "maxPods", DEFAULT.most, Integer.MAX_VALUE),
        perCore(document),
        idsPerPod(document.path("userNamespaces")),
        reduced ? REDUCED_FIRST : FIRST_RESTART,
        longestRestart(
            document.path("crashLoopBackOff"), reduced ? REDUCED_LONGEST : LONGEST_RESTART),
        ConfigFields.tick(document, "syncFrequency", Duration.ZERO),
        ConfigFields.flag(document, "seccompDefault", false),
        Sysctls.allowing(ConfigFields.list(document, "allowedUnsafeSysctls")));
  }

  private static int perCore(JsonNode document) {
    JsonNode node = document.path("podsPerCore");
    if (node.isInt() && node.intValue() < 0) {
      throw ConfigFields.invalid(
          "podsPerCore (--pods-per-core) " + node.asText() + " must not be a negative number");
    }
    return ConfigFields.number(document, "podsPerCore", 0, Integer.MAX_VALUE);
  }

  private static int idsPerPod(JsonNode users) {
    JsonNode ids = users.path("idsPerPod");
    if (ids.isMissingNode() || ids.isNull()) {
      return DEFAULT.ids;
    }
    if (!ids.isInt() || ids.asInt() < ID_UNIT || ids.asInt() % ID_UNIT != 0) {
      throw ConfigFields.invalid("userNamespaces.idsPerPod must be a multiple of " + ID_UNIT);
    }
    return ids.asInt();
  }

  private static Duration longestRestart(JsonNode backOff, Duration otherwise) {
    String field = "maxContainerRestartPeriod";
    for (var e : backOff.properties()) {
      if (!e.getKey().equals(field)) {
        throw ConfigFields.invalid(
            "crashLoopBackOff: unknown field \"" + e.getKey() + "\"; known is " + field);
      }
    }
    JsonNode node = backOff.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    Duration chosen = ConfigFields.span(node, "crashLoopBackOff." + field);
    if (chosen.toMillis() < 1000 || chosen.compareTo(LONGEST_RESTART) > 0) {
      throw ConfigFields.invalid(
          "CrashLoopBackOff.MaxContainerRestartPeriod (got: "
              + node.asText()
              + ") must be set between 1s and 300s");
    }
    return chosen;
  }
}
