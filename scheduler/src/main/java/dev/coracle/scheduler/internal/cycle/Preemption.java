package dev.coracle.scheduler.internal.cycle;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.internal.ExtensionPointTimes;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Point;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Status;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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

  /** The more important first; of equals the one that runs longest. */
  private static final Comparator<PodInfo> IMPORTANCE =
      Comparator.<PodInfo>comparingInt(p -> -p.priority())
          .thenComparing(p -> p.pod().text("status", "startTime"));

  private final boolean on;
  private final Framework framework;
  private final SchedulerCache cache;
  private final Lister budgets;
  private final ExtensionPointTimes times;

  /**
   * @param on whether it is done at all
   */
  public Preemption(
      boolean on,
      Framework framework,
      SchedulerCache cache,
      Lister budgets,
      ExtensionPointTimes times) {
    this.on = on;
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
          case Outcome.None _, Outcome.Off _ -> Status.UNSCHEDULABLE;
        },
        begun);
    return outcome;
  }

  private Outcome sought(PodInfo pod, Diagnosis diagnosis) {
    if ("Never".equals(pod.pod().text("spec", "preemptionPolicy"))) {
      return new Outcome.None("preemption: not eligible due to preemptionPolicy=Never.");
    }
    String nominated = cache.nomination(pod.uid());
    if (nominated != null && stillTerminating(pod, nominated)) {
      return new Outcome.None(
          "preemption: not eligible due to a terminating pod on the nominated node.");
    }
    ClusterView view = cache.view();
    Map<String, Integer> words = new TreeMap<>();
    List<Candidate> candidates = new ArrayList<>();
    for (NodeInfo node : view.nodes()) {
      Verdict verdict = diagnosis.byNode().getOrDefault(node.name(), Verdict.OK);
      if (diagnosis.isEverywhere() || verdict instanceof Verdict.Unresolvable) {
        words.merge("Preemption is not helpful for scheduling", 1, Integer::sum);
        continue;
      }
      Candidate candidate = victims(pod, node, view);
      if (candidate == null) {
        words.merge("No preemption victims found for incoming pod", 1, Integer::sum);
      } else {
        candidates.add(candidate);
      }
    }
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

  private boolean stillTerminating(PodInfo pod, String node) {
    NodeInfo info = cache.view().byName().get(node);
    return info != null
        && info.pods().stream()
            .anyMatch(p -> p.pod().isDeleting() && p.priority() < pod.priority());
  }

  private @Nullable Candidate victims(PodInfo pod, NodeInfo node, ClusterView view) {
    NodeInfo trial = node.copy();
    List<PodInfo> less = new ArrayList<>();
    for (PodInfo other : node.pods()) {
      if (other.priority() < pod.priority()) {
        less.add(other);
        trial.remove(other.uid());
      }
    }
    if (less.isEmpty() || !fits(pod, trial, view)) {
      return null;
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
    return victims.isEmpty() ? null : new Candidate(node.name(), victims, violations);
  }

  private boolean spared(PodInfo pod, PodInfo other, NodeInfo trial, ClusterView view) {
    trial.add(other);
    if (fits(pod, trial, view)) {
      return true;
    }
    trial.remove(other.uid());
    return false;
  }

  private boolean fits(PodInfo pod, NodeInfo trial, ClusterView view) {
    CycleState state = new CycleState();
    return framework.preFilter(state, pod, view.with(trial)).ok()
        && framework.filter(state, pod, trial).ok();
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
