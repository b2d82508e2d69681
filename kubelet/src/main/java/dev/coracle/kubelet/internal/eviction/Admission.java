package dev.coracle.kubelet.internal.eviction;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.selector.NodeSelection;
import dev.coracle.api.selector.Toleration;
import dev.coracle.kubelet.config.CpuManagement;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.MemoryManagement;
import dev.coracle.kubelet.config.Sysctls;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.ResizeRoom;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Whether this node takes a pod that was bound to it: the scheduler may have known less, and a pod
 * may name its node itself. A refused pod's phase becomes Failed with upstream's reasons ({@code
 * OutOfcpu}, {@code NodeAffinity}, {@code Evicted}).
 */
public final class Admission implements ResizeRoom {
  private static final String OS_LABEL = "kubernetes.io/os";
  private static final String LINUX = "linux";

  private final Supplier<Optional<KubeObject>> node;
  private final Supplier<Optional<KubeObject>> fresh;
  private final Supplier<Collection<Pod>> pods;
  private final Predicate<Pod> needsNothing;
  private final Supplier<Set<Condition>> pressures;
  private final Sysctls sysctls;
  private final CpuManagement cpus;
  private final MemoryManagement memory;
  private final Map<String, Quantity> capacity;
  private final boolean appArmor;

  /**
   * @param fresh the node as the API has it now; asked before a pod is refused for the node's
   *     labels or taints
   * @param pods all pods of this node
   * @param needsNothing whether what a pod asked for is free for others
   * @param sysctls those that pods may set
   * @param cpus whether pods have CPUs of their own, which do not change while they run
   * @param memory whether they have memory of their own, likewise
   * @param capacity what of the machine is for pods, also what eviction keeps free: a resize beyond
   *     it never fits
   */
  public Admission(
      Supplier<Optional<KubeObject>> node,
      Supplier<Optional<KubeObject>> fresh,
      Supplier<Collection<Pod>> pods,
      Predicate<Pod> needsNothing,
      Supplier<Set<Condition>> pressures,
      Sysctls sysctls,
      CpuManagement cpus,
      MemoryManagement memory,
      Map<String, Quantity> capacity,
      boolean appArmor) {
    this.node = node;
    this.fresh = fresh;
    this.pods = pods;
    this.needsNothing = needsNothing;
    this.pressures = pressures;
    this.sysctls = sysctls;
    this.cpus = cpus;
    this.memory = memory;
    this.capacity = Map.copyOf(capacity);
    this.appArmor = appArmor;
  }

  /**
   * Empty: the pod is welcome. A kubelet that was started anew asks of every pod that it finds,
   * also of one that runs, by all that is lasting: what the node is short of just now is left to
   * eviction.
   *
   * @param preemption makes room for a critical pod, or says why it cannot
   */
  public Optional<Verdict> check(Pod pod, Function<List<Lack>, Optional<Verdict>> preemption) {
    Optional<String> forbidden = sysctls.refusal(pod.spec());
    if (forbidden.isPresent()) {
      return Optional.of(Verdict.rejected("SysctlForbidden", forbidden.get()));
    }
    if (!appArmor && !pod.phase().equals("Running") && AppArmor.isAskedFor(pod)) {
      return Optional.of(
          Verdict.rejected(
              "AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"));
    }
    if (node.get().isEmpty()) {
      return Optional.empty();
    }
    KubeObject known = node.get().get();
    Set<Condition> pressure = pod.hasBegun() ? Set.of() : pressures.get();
    if (!isBearable(pod, pressure)) {
      return Optional.of(
          Verdict.rejected(
              "Evicted",
              "The node had condition: "
                  + pressure.stream()
                      .map(Condition::text)
                      .collect(Collectors.joining(" ", "[", "]. "))));
    }
    if (!pod.object().labels().getOrDefault(OS_LABEL, LINUX).equals(LINUX)) {
      return Optional.of(
          Verdict.rejected(
              "PodOSSelectorNodeLabelDoesNotMatch",
              "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"));
    }
    if (!pod.spec().path("os").path("name").asText(LINUX).equals(LINUX)) {
      return Optional.of(
          Verdict.rejected(
              "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"));
    }
    if (pod.securityContext().path("supplementalGroupsPolicy").asText().equals("Strict")
        && !known.at("status", "features", "supplementalGroupsPolicy").asBoolean()) {
      return Optional.of(
          Verdict.rejected(
              "SupplementalGroupsPolicyNotSupported",
              "SupplementalGroupsPolicy=Strict is not supported in this node"));
    }
    List<Lack> lacks = lacks(pod, known);
    if (!lacks.isEmpty() && !pod.isCritical()) {
      return Optional.of(lacks.getFirst().verdict());
    }
    Optional<Verdict> unfit = unfit(pod, known);
    return unfit.isPresent() || lacks.isEmpty() ? unfit : preemption.apply(lacks);
  }

  /** What no preemption helps. */
  private Optional<Verdict> unfit(Pod pod, KubeObject known) {
    if (!selected(pod, known) && !selected(pod, fresh.get().orElse(known))) {
      return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    if (!portsAreFree(pod)) {
      return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
    }
    if (!pod.isStatic() && !stays(pod, known) && !stays(pod, fresh.get().orElse(known))) {
      return predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate");
    }
    return Optional.empty();
  }

  private static Optional<Verdict> predicate(String name, String why) {
    return Optional.of(Verdict.rejected(name, "Predicate " + name + " failed: " + why));
  }

  /** Who would be evicted at once need not begin. */
  private static boolean stays(Pod pod, KubeObject node) {
    List<Toleration.Taint> taints =
        Toleration.Taint.ofNode(node.tree()).stream()
            .filter(taint -> taint.effect().equals("NoExecute"))
            .toList();
    if (taints.isEmpty()) {
      return true;
    }
    List<Toleration> tolerations = Toleration.ofSpec(pod.spec());
    return taints.stream()
        .allMatch(taint -> tolerations.stream().anyMatch(t -> t.tolerates(taint)));
  }

  /** While only memory is short, pods that have asked for some are welcome. */
  private static boolean isBearable(Pod pod, Set<Condition> pressure) {
    if (pressure.isEmpty() || pod.isCritical()) {
      return true;
    }
    if (!pressure.equals(Set.of(Condition.MEMORY))) {
      return false;
    }
    if (QosClass.of(pod) != QosClass.BEST_EFFORT) {
      return true;
    }
    for (JsonNode t : pod.spec().path("tolerations")) {
      if (t.path("key").asText().equals("node.kubernetes.io/memory-pressure")
          && Set.of("", "NoSchedule").contains(t.path("effect").asText())
          && Set.of("", "Exists", "Equal").contains(t.path("operator").asText())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Optional<Never> never(Pod pod, Pod has) {
    if (cpus.exclusive() && isOther("cpu", pod, has)) {
      return Optional.of(infeasible("CPU", cpus.policy()));
    }
    if (memory.exclusive() && isOther("memory", pod, has)) {
      return Optional.of(infeasible("Memory", memory.policy()));
    }
    Map<String, Quantity> asked = pod.requests();
    for (String resource : new String[] {"memory", "cpu"}) {
      Quantity wanted = asked.getOrDefault(resource, Quantity.ZERO);
      Quantity have = capacity.get(resource);
      if (have != null && wanted.compareTo(have) > 0) {
        boolean cpu = resource.equals("cpu");
        return Optional.of(
            new Never(
                "insufficient_node_allocatable",
                "Node didn't have enough capacity: "
                    + resource
                    + ", requested: "
                    + number(wanted, cpu)
                    + ", capacity: "
                    + number(have, cpu)));
      }
    }
    return Optional.empty();
  }

  /** Whether one of its containers gets another amount. */
  private static boolean isOther(String resource, Pod pod, Pod has) {
    return QosClass.of(pod) == QosClass.GUARANTEED
        && pod.allContainers().stream()
            .anyMatch(c ->
                !Objects.equals(
                    amount(c, resource),
                    has.container(c.name()).flatMap(h -> amount(h, resource))));
  }

  private static Optional<Quantity> amount(ContainerSpec container, String resource) {
    return Optional.ofNullable(Quantity.tryParse(container.requests().path(resource).asText("")));
  }

  private static Never infeasible(String manager, String policy) {
    return new Never(
        "guaranteed_pod_" + manager.toLowerCase(Locale.ROOT) + "_manager_static_policy",
        "Resize is infeasible for Guaranteed Pods alongside "
            + manager
            + " Manager policy \""
            + policy
            + "\"");
  }

  @Override
  public Optional<String> now(Pod pod) {
    return node.get().flatMap(n -> lacks(pod, n).stream().findFirst()).map(l -> l.verdict().why());
  }

  @Override
  public boolean isMore(Pod pod, Pod than) {
    Map<String, Quantity> has = than.requests();
    return pod.requests().entrySet().stream()
        .anyMatch(e -> e.getValue().compareTo(has.getOrDefault(e.getKey(), Quantity.ZERO)) > 0);
  }

  private boolean portsAreFree(Pod pod) {
    List<HostPort> wanted = HostPort.of(pod);
    return wanted.isEmpty()
        || pods.get().stream()
            .filter(
                o -> !o.uid().equals(pod.uid()) && !needsNothing.test(o) && !o.isTerminalPhase())
            .flatMap(o -> HostPort.of(o).stream())
            .noneMatch(taken -> wanted.stream().anyMatch(taken::conflictsWith));
  }

  private static boolean selected(Pod pod, KubeObject node) {
    return NodeSelection.matches(pod.spec(), node.name(), node.labels());
  }

  private List<Lack> lacks(Pod pod, KubeObject node) {
    Map<String, Quantity> used = new TreeMap<>();
    int count = 0;
    for (Pod other : pods.get()) {
      if (!other.uid().equals(pod.uid()) && !needsNothing.test(other) && !other.isTerminalPhase()) {
        other.requests().forEach((r, q) -> used.merge(r, q, Quantity::plus));
        count++;
      }
    }
    JsonNode allocatable = node.at("status", "allocatable");
    long most = allocatable.path("pods").asLong(Long.MAX_VALUE);
    List<Lack> lacks = new ArrayList<>();
    if (count + 1 > most) {
      lacks.add(new Lack("pods", 1, count, most));
    }
    for (Map.Entry<String, Quantity> e : pod.requests().entrySet()) {
      if (e.getValue().signum() == 0) {
        continue;
      }
      if (e.getKey().contains("/") && (pod.hasBegun() || !allocatable.has(e.getKey()))) {
        // It has them already; or they are the cluster's, not this node's, and were counted there.
        continue;
      }
      Quantity have = Quantity.tryParse(allocatable.path(e.getKey()).asText("0"));
      Quantity capacity = have == null ? Quantity.ZERO : have;
      if (capacity.signum() == 0 && isOfClaim(pod, e.getKey())) {
        continue; // No device plugin has any; the scheduler has allocated devices of a claim.
      }
      Quantity taken = used.getOrDefault(e.getKey(), Quantity.ZERO);
      if (taken.plus(e.getValue()).compareTo(capacity) > 0) {
        boolean cpu = e.getKey().equals("cpu");
        lacks.add(
            new Lack(
                e.getKey(), number(e.getValue(), cpu), number(taken, cpu), number(capacity, cpu)));
      }
    }
    return lacks;
  }

  private static boolean isOfClaim(Pod pod, String resource) {
    for (JsonNode mapping :
        pod.status().path("extendedResourceClaimStatus").path("requestMappings")) {
      if (mapping.path("resourceName").asText("").equals(resource)) {
        return true;
      }
    }
    return false;
  }

  private static long number(Quantity q, boolean millis) {
    return millis ? q.millis() : q.longValue();
  }
}
