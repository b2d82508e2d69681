package dev.coracle.scheduler.internal.cycle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.config.PreemptionLimits;
import dev.coracle.scheduler.internal.ExtensionPointTimes;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Point;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Status;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Finds, for a pod that fits nowhere, the node where the least important pods have to go for it
 * (DefaultPreemption; Kubernetes docs, "Pod Priority and Preemption"). On each node all less
 * important pods are taken away in thought, and given back, the most important and best protected
 * first, as long as the pod still fits. It only decides; who evicts is the scheduler.
 */
public final class Preemption {

  /** What came of it. */
  public sealed interface Outcome {
    /** The profile does without preemption. */
    record Off() implements Outcome {}

    record Victims(String node, List<PodInfo> pods) implements Outcome {}

    /**
     * @param message what is added to FailedScheduling
     */
    record None(String message) implements Outcome {}

    /** It waits for those that it has preempted already. */
    record Waiting(String message) implements Outcome {}
  }

  private record Candidate(String node, List<PodInfo> victims, int violations) {
    int highest() {
      return victims.stream().mapToInt(PodInfo::priority).max().orElse(Integer.MIN_VALUE);
    }

    long sum() {
      return victims.stream().mapToLong(v -> (long) v.priority() + Integer.MAX_VALUE + 1).sum();
    }

    /** Of the most important victims the one that started last; later is better. */
    String latestStart() {
      int highest = highest();
      return victims.stream()
          .filter(v -> v.priority() == highest)
          .map(v -> v.pod().text("status", "startTime"))
          .min(Comparator.naturalOrder())
          .orElse("");
    }
  }

  private sealed interface Trial {
    record Found(Candidate candidate) implements Trial {}

    record Failed(String why) implements Trial {}
  }

  private static final String NO_VICTIMS = "No preemption victims found for incoming pod";

  /** The more important first; of equals the one that runs longest. */
  private static final Comparator<PodInfo> IMPORTANCE =
      Comparator.<PodInfo>comparingInt(p -> -p.priority())
          .thenComparing(p -> p.pod().text("status", "startTime"));

  private final boolean on;
  private final Framework framework;
  private final SchedulerCache cache;
  private final Lister budgets;
  private final PreemptionLimits limits;
  private final RandomGenerator random;
  private final ExtensionPointTimes times;

  /**
   * @param on whether it is done at all
   * @param limits on how many nodes it is tried out
   * @param random says from which node on
   */
  public Preemption(
      boolean on,
      PreemptionLimits limits,
      Framework framework,
      SchedulerCache cache,
      Lister budgets,
      RandomGenerator random,
      ExtensionPointTimes times) {
    this.on = on;
    this.limits = limits;
    this.random = random;
    this.times = times;
    this.framework = framework;
    this.cache = cache;
    this.budgets = budgets;
  }

  public Outcome find(PodInfo pod, Diagnosis diagnosis) {
    if (!on) {
      return new Outcome.Off();
    }
    long begun = times.now();
    Outcome outcome = sought(pod, diagnosis);
    times.record(
        Point.POST_FILTER,
        switch (outcome) {
          case Outcome.Victims _ -> Status.SUCCESS;
          case Outcome.None _, Outcome.Waiting _, Outcome.Off _ -> Status.UNSCHEDULABLE;
        },
        begun);
    return outcome;
  }

  private Outcome sought(PodInfo pod, Diagnosis diagnosis) {
    if ("Never".equals(pod.pod().text("spec", "preemptionPolicy"))) {
      return new Outcome.Waiting("preemption: not eligible due to preemptionPolicy=Never.");
    }
    String nominated = cache.nomination(pod.uid());
    if (nominated != null
        && !diagnosis.isFinal(nominated)
        && hasTerminatingVictim(pod, nominated)) {
      return new Outcome.Waiting(
          "preemption: not eligible due to a terminating pod on the nominated node.");
    }
    ClusterView view = cache.view();
    List<NodeInfo> potential =
        view.nodes().stream().filter(node -> !diagnosis.isFinal(node.name())).toList();
    Map<String, Integer> words = new TreeMap<>();
    int hopeless = view.nodes().size() - potential.size();
    if (hopeless > 0) {
      words.put("Preemption is not helpful for scheduling", hopeless);
    }
    List<Candidate> candidates = candidates(pod, potential, view, words);
    return candidates.stream()
        .min(
            Comparator.comparingInt(Candidate::violations)
                .thenComparingInt(Candidate::highest)
                .thenComparingLong(Candidate::sum)
                .thenComparingInt(c -> c.victims().size())
                .thenComparing(Candidate::latestStart, Comparator.reverseOrder()))
        .<Outcome>map(c -> new Outcome.Victims(c.node(), c.victims()))
        .orElseGet(() ->
            new Outcome.None(
                "preemption: 0/"
                    + view.nodes().size()
                    + " nodes are available: "
                    + Diagnosis.listed(words)
                    + "."));
  }

  /**
   * As many as are enough, from anywhere on, of which one breaks no disruption budget where there
   * is such a one.
   *
   * @param words is told why others are none
   */
  private List<Candidate> candidates(
      PodInfo pod, List<NodeInfo> nodes, ClusterView view, Map<String, Integer> words) {
    List<Candidate> candidates = new ArrayList<>();
    if (nodes.isEmpty()) {
      return candidates;
    }
    int enough = limits.enough(nodes.size());
    int first = enough < nodes.size() ? random.nextInt(nodes.size()) : 0;
    boolean harmless = false;
    for (int i = 0; i < nodes.size() && !(harmless && candidates.size() >= enough); i++) {
      switch (tried(pod, nodes.get((first + i) % nodes.size()), view)) {
        case Trial.Found found -> {
          candidates.add(found.candidate());
          harmless |= found.candidate().violations() == 0;
        }
        case Trial.Failed failed ->
            failed.why().lines().forEach(line -> words.merge(line, 1, Integer::sum));
      }
    }
    return candidates;
  }

  private boolean hasTerminatingVictim(PodInfo pod, String node) {
    NodeInfo info = cache.view().byName().get(node);
    return info != null
        && info.pods().stream()
            .anyMatch(p -> p.priority() < pod.priority() && isPreempted(p.pod()));
  }

  private static boolean isPreempted(KubeObject pod) {
    if (!pod.isDeleting()) {
      return false;
    }
    for (JsonNode condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText("").equals("DisruptionTarget")) {
        return condition.path("status").asText("").equals("True")
            && condition.path("reason").asText("").equals("PreemptionByScheduler");
      }
    }
    return false;
  }

  private Trial tried(PodInfo pod, NodeInfo node, ClusterView view) {
    NodeInfo trial = node.copy();
    List<PodInfo> less = new ArrayList<>();
    for (PodInfo other : node.pods()) {
      if (other.priority() < pod.priority()) {
        less.add(other);
        trial.remove(other.uid());
      }
    }
    if (less.isEmpty()) {
      return new Trial.Failed(NO_VICTIMS);
    }
    Verdict without = framework.wouldFit(pod, trial, view.with(trial));
    if (!without.ok()) {
      return new Trial.Failed(Diagnosis.reason(without));
    }
    less.sort(IMPORTANCE);
    Map<NamespacedName, Integer> allowance = new HashMap<>();
    List<PodInfo> violating = new ArrayList<>();
    List<PodInfo> free = new ArrayList<>();
    for (PodInfo other : less) {
      (violates(other.pod(), allowance) ? violating : free).add(other);
    }
    List<PodInfo> victims = new ArrayList<>();
    int violations = 0;
    for (PodInfo other : violating) {
      if (!spared(pod, other, trial, view)) {
        victims.add(other);
        violations++;
      }
    }
    for (PodInfo other : free) {
      if (!spared(pod, other, trial, view)) {
        victims.add(other);
      }
    }
    return victims.isEmpty()
        ? new Trial.Failed(NO_VICTIMS)
        : new Trial.Found(
            new Candidate(node.name(), victims.stream().sorted(IMPORTANCE).toList(), violations));
  }

  private boolean spared(PodInfo pod, PodInfo other, NodeInfo trial, ClusterView view) {
    trial.add(other);
    if (framework.wouldFit(pod, trial, view.with(trial)).ok()) {
      return true;
    }
    trial.remove(other.uid());
    return false;
  }

  /** Whether evicting this pod too, after those counted so far, breaks a disruption budget. */
  private boolean violates(KubeObject pod, Map<NamespacedName, Integer> allowance) {
    boolean violates = false;
    for (KubeObject budget : budgets.list(pod.namespace())) {
      LabelSelector selector = LabelSelector.of(budget.at("spec", "selector"));
      if (selector.isEverything()
          || !selector.matches(pod)
          || budget.at("status", "disruptedPods").has(pod.name())) {
        continue;
      }
      int left =
          allowance.merge(
              budget.key(),
              budget.at("status", "disruptionsAllowed").asInt(0) - 1,
              (known, _) -> known - 1);
      violates |= left < 0;
    }
    return violates;
  }
}
