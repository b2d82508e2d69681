package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What of the node is not for pods, and which of the limits that follow from it the kernel is given
 * (Kubernetes docs, "Reserve Compute Resources for System Daemons").
 *
 * @param enforced {@code enforceNodeAllocatable}
 * @param kube {@code kubeReserved}, by resource: cpu, memory, ephemeral-storage, pid
 * @param system {@code systemReserved}, likewise; its cpu is the number of {@code systemCpus} where
 *     those are named
 * @param kubeCgroup {@code kubeReservedCgroup}, empty for none
 * @param systemCgroup {@code systemReservedCgroup}, empty for none
 * @param systemCpus {@code reservedSystemCPUs}, as a list of the kernel's ({@code 0-1,4})
 */
public record NodeReservations(
    Set<Enforcement> enforced,
    Map<String, Quantity> kube,
    Map<String, Quantity> system,
    String kubeCgroup,
    String systemCgroup,
    String systemCpus) {

  /** Whose limits the kernel is given. */
  public enum Enforcement {
    PODS("pods"),
    SYSTEM("system-reserved"),
    KUBE("kube-reserved"),
    SYSTEM_COMPRESSIBLE("system-reserved-compressible"),
    KUBE_COMPRESSIBLE("kube-reserved-compressible");

    private final String text;

    Enforcement(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    private boolean isSystem() {
      return this == SYSTEM || this == SYSTEM_COMPRESSIBLE;
    }
  }

  public static final NodeReservations DEFAULT =
      new NodeReservations(EnumSet.of(Enforcement.PODS), Map.of(), Map.of(), "", "", "");

  private static final Set<String> RESERVABLE = Set.of("cpu", "memory", "ephemeral-storage", "pid");

  public NodeReservations {
    enforced = Set.copyOf(enforced);
    kube = Map.copyOf(kube);
    system = Map.copyOf(system);
  }

  /** What is kept back of a resource, by both. */
  public Quantity of(String resource) {
    return kube.getOrDefault(resource, Quantity.ZERO)
        .plus(system.getOrDefault(resource, Quantity.ZERO));
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static NodeReservations parse(JsonNode document) {
    String kubeCgroup = document.path("kubeReservedCgroup").asText("");
    String systemCgroup = document.path("systemReservedCgroup").asText("");
    String cpus = document.path("reservedSystemCPUs").asText("");
    Map<String, Quantity> kube = amounts(document.path("kubeReserved"));
    Map<String, Quantity> system = amounts(document.path("systemReserved"));
    if (!cpus.isEmpty()) {
      if (!kubeCgroup.isEmpty() || !systemCgroup.isEmpty()) {
        throw new IllegalArgumentException(
            "invalid configuration: can't use reservedSystemCPUs (--reserved-cpus) with"
                + " systemReservedCgroup (--system-reserved-cgroup) or kubeReservedCgroup"
                + " (--kube-reserved-cgroup)");
      }
      kube.remove("cpu");
      system.put("cpu", Quantity.of(cpus(cpus).size()));
    }
    return new NodeReservations(
        enforcements(document.path("enforceNodeAllocatable"), kubeCgroup, systemCgroup),
        kube,
        system,
        kubeCgroup,
        systemCgroup,
        cpus);
  }

  private static CpuSet cpus(String list) {
    try {
      return CpuSet.parse(list);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) "
              + list
              + ", error: "
              + e.getMessage(),
          e);
    }
  }

  private static Set<Enforcement> enforcements(JsonNode list, String kube, String system) {
    if (list.isMissingNode() || list.isNull()) {
      return DEFAULT.enforced;
    }
    if (!list.isArray()) {
      throw new IllegalArgumentException("enforceNodeAllocatable must be a list");
    }
    Set<Enforcement> out = EnumSet.noneOf(Enforcement.class);
    for (JsonNode entry : list) {
      String text = entry.asText();
      if (text.equals("none")) {
        if (list.size() > 1) {
          throw new IllegalArgumentException(
              "invalid configuration: enforceNodeAllocatable (--enforce-node-allocatable) may not"
                  + " contain additional enforcements when \"none\" is specified");
        }
        continue;
      }
      Enforcement found =
          named(text)
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "invalid configuration: option \""
                          + text
                          + "\" specified for enforceNodeAllocatable (--enforce-node-allocatable)."
                          + " Valid options are \"pods\", \"system-reserved\", \"kube-reserved\","
                          + " \"system-reserved-compressible\", \"kube-reserved-compressible\" or"
                          + " \"none\""));
      if (found != Enforcement.PODS) {
        requireCgroup(found, found.isSystem() ? system : kube);
      }
      out.add(found);
    }
    return out;
  }

  private static void requireCgroup(Enforcement which, String cgroup) {
    if (cgroup.isEmpty()) {
      String whose = which.isSystem() ? "system" : "kube";
      throw new IllegalArgumentException(
          "invalid configuration: "
              + whose
              + "ReservedCgroup (--"
              + whose
              + "-reserved-cgroup) must be specified when \""
              + which.text
              + "\" contained in enforceNodeAllocatable (--enforce-node-allocatable)");
    }
    if (!cgroup.startsWith("/") || cgroup.contains("..")) {
      throw new IllegalArgumentException(
          "the cgroup " + cgroup + " must be an absolute path without \"..\"");
    }
  }

  private static Optional<Enforcement> named(String text) {
    for (Enforcement e : Enforcement.values()) {
      if (e.text.equals(text)) {
        return Optional.of(e);
      }
    }
    return Optional.empty();
  }

  private static Map<String, Quantity> amounts(JsonNode mapping) {
    Map<String, Quantity> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : mapping.properties()) {
      String resource = e.getKey();
      String text = e.getValue().asText();
      if (!RESERVABLE.contains(resource)) {
        throw new IllegalArgumentException("cannot reserve \"" + resource + "\" resource");
      }
      Quantity amount = Quantity.tryParse(text);
      if (amount == null) {
        throw new IllegalArgumentException(
            "failed to parse quantity \"" + text + "\" for \"" + resource + "\" resource");
      }
      if (amount.signum() < 0) {
        throw new IllegalArgumentException(
            "resource quantity for \"" + resource + "\" cannot be negative: " + text);
      }
      out.put(resource, amount);
    }
    return out;
  }
}
