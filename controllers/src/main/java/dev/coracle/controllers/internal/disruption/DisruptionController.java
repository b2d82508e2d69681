package dev.coracle.controllers.internal.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Works out how many pods a PodDisruptionBudget lets go. What counts as all pods comes from the
 * size of their owners, so that pods which are missing already count as disrupted.
 */
public final class DisruptionController extends LoopController {

  private static final String SYNC_FAILED = "SyncFailed";

  /** An eviction that was granted counts for so long when the pod does not go. */
  private static final Duration GRANT = Duration.ofMinutes(2);

  private final Lister budgets;
  private final Lister pods;
  private final Lister replicaSets;
  private final Lister deployments;
  private final Lister statefulSets;
  private final Lister replicationControllers;

  public DisruptionController(Environment env) {
    super("disruption-controller", env);
    Informer budgetInformer = env.informer(Resources.POD_DISRUPTION_BUDGETS);
    Informer podInformer = env.informer(Resources.PODS);
    this.budgets = budgetInformer.lister();
    this.pods = podInformer.lister();
    this.replicaSets = owner(env.informer(Resources.REPLICA_SETS));
    this.deployments = owner(env.informer(Resources.DEPLOYMENTS));
    this.statefulSets = owner(env.informer(Resources.STATEFUL_SETS));
    this.replicationControllers = owner(env.informer(Resources.REPLICATION_CONTROLLERS));
    loop.follow(budgetInformer);
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            wake(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (Pods.isReady(before) != Pods.isReady(now)
                || before.isDeleting() != now.isDeleting()
                || !Pods.phase(before).equals(Pods.phase(now))
                || !before.at("metadata", "labels").equals(now.at("metadata", "labels"))) {
              wake(before);
              wake(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            wake(last);
          }
        });
  }

  private Lister owner(Informer informer) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject owner) {
            // Its pods may have been seen first, when their budget could not be counted.
            budgets.list(owner.namespace()).stream()
                .filter(DisruptionController::isUncounted)
                .forEach(loop::enqueue);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("spec", "replicas").equals(now.at("spec", "replicas"))) {
              budgets.list(now.namespace()).forEach(loop::enqueue);
            }
          }
        });
    return informer.lister();
  }

  private void wake(KubeObject pod) {
    for (KubeObject budget : budgets.list(pod.namespace())) {
      if (selector(budget).matches(pod)) {
        loop.enqueue(budget);
      }
    }
  }

  private static boolean isUncounted(KubeObject budget) {
    return Conditions.find(budget, "DisruptionAllowed").path("reason").asText().equals(SYNC_FAILED);
  }

  private static LabelSelector selector(KubeObject budget) {
    return LabelSelector.of(budget.at("spec", "selector"));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject budget = budgets.get(name.namespace(), name.name()).orElse(null);
    if (budget == null) {
      return DONE;
    }
    LabelSelector selector = selector(budget);
    List<KubeObject> matching =
        pods.list(name.namespace()).stream()
            .filter(p -> selector.matches(p) && !Pods.isFinished(p))
            .toList();
    if (matching.isEmpty()) {
      events.normal(budget, "NoPods", "No matching pods found");
    }
    Instant now = env.now();
    ObjectNode status =
        budget.at("status").isObject()
            ? (ObjectNode) budget.at("status").deepCopy()
            : Json.object();
    Duration again = grants(status, matching, now);
    int healthy =
        (int)
            matching.stream()
                .filter(p -> !p.isDeleting() && Pods.isReady(p))
                .filter(p -> !status.path("disruptedPods").has(p.name()))
                .count();
    JsonNode minAvailable = budget.at("spec", "minAvailable");
    JsonNode maxUnavailable = budget.at("spec", "maxUnavailable");
    boolean needsScale =
        maxUnavailable.isValueNode() && !maxUnavailable.isNull()
            || minAvailable.asText("").endsWith("%");
    Optional<String> uncounted = needsScale ? uncounted(matching) : Optional.empty();
    int expected = needsScale ? expected(matching) : matching.size();
    int desired =
        maxUnavailable.isValueNode() && !maxUnavailable.isNull()
            ? Math.max(0, expected - part(maxUnavailable, expected))
            : part(minAvailable, expected);
    int allowed = uncounted.isPresent() || expected <= 0 ? 0 : Math.max(0, healthy - desired);
    status.put("disruptionsAllowed", allowed);
    if (uncounted.isEmpty()) {
      status.put("currentHealthy", healthy);
      status.put("desiredHealthy", desired);
      status.put("expectedPods", expected);
    } else {
      // Required fields: what was counted last stays, as nothing better is known.
      for (String count : List.of("currentHealthy", "desiredHealthy", "expectedPods")) {
        status.put(count, status.path(count).asInt(0));
      }
      events.warning(
          budget,
          "CalculateExpectedPodCountFailed",
          "Failed to calculate the number of expected pods: " + uncounted.get());
    }
    status.put("observedGeneration", (int) budget.generation());
    Conditions.set(
        status,
        "DisruptionAllowed",
        allowed > 0 ? "True" : "False",
        uncounted.isPresent() ? SYNC_FAILED : allowed > 0 ? "SufficientPods" : "InsufficientPods",
        uncounted.orElse(""),
        now);
    for (JsonNode c : status.path("conditions")) {
      ((ObjectNode) c).put("observedGeneration", (int) budget.generation());
    }
    Result next = again.isZero() ? Result.DONE : Result.requeueAfter(again);
    return status.equals(budget.at("status"))
        ? Uni.createFrom().item(next)
        : env.client()
            .updateStatus(
                Resources.POD_DISRUPTION_BUDGETS, budget.with(n -> n.set("status", status)))
            .replaceWith(next)
            .onFailure(StatusException::isNotFound)
            .recoverWithItem(next);
  }

  /** Forgets granted evictions that were carried out or are too old; gives when the next is. */
  private static Duration grants(ObjectNode status, List<KubeObject> matching, Instant now) {
    if (!(status.path("disruptedPods") instanceof ObjectNode granted)) {
      return Duration.ZERO;
    }
    Duration again = Duration.ZERO;
    Set<String> done = new HashSet<>();
    for (Map.Entry<String, JsonNode> entry : granted.properties()) {
      Instant at = Timestamps.parse(entry.getValue().asText(""));
      Duration left = at == null ? Duration.ZERO : Duration.between(now, at.plus(GRANT));
      boolean there =
          matching.stream().anyMatch(p -> p.name().equals(entry.getKey()) && !p.isDeleting());
      if (!there || !left.isPositive()) {
        done.add(entry.getKey());
      } else if (again.isZero() || left.compareTo(again) < 0) {
        again = left;
      }
    }
    done.forEach(granted::remove);
    if (granted.isEmpty()) {
      status.remove("disruptedPods");
    }
    return again;
  }

  private static int part(JsonNode value, int whole) {
    String text = value.asText("0");
    return text.endsWith("%")
        ? (int) Math.ceil(Integer.parseInt(text.substring(0, text.length() - 1)) * whole / 100.0)
        : value.asInt(0);
  }

  /**
   * Why the size cannot be told: a pod's owner has none. Such pods would count as healthy but not
   * as expected, and so let more go than the budget says; nothing may go instead.
   */
  private Optional<String> uncounted(List<KubeObject> matching) {
    for (KubeObject pod : matching) {
      OwnerReference owner = pod.controllerOwner().orElse(null);
      if (owner != null && find(pod, owner).isEmpty()) {
        return Optional.of(
            switch (owner.kind()) {
              case "Job" -> "jobs.batch does not implement the scale subresource";
              case "DaemonSet" -> "daemonsets.apps does not implement the scale subresource";
              default -> "found no controllers for pod \"" + pod.name() + "\"";
            });
      }
    }
    return Optional.empty();
  }

  private int expected(List<KubeObject> matching) {
    Set<String> owners = new HashSet<>();
    int expected = 0;
    for (KubeObject pod : matching) {
      Optional<KubeObject> owner = pod.controllerOwner().flatMap(o -> find(pod, o));
      if (owner.isPresent() && owners.add(owner.get().uid())) {
        expected += owner.get().at("spec", "replicas").asInt(1);
      }
    }
    return expected;
  }

  /** The topmost owner with a size. */
  private Optional<KubeObject> find(KubeObject pod, OwnerReference owner) {
    return switch (owner.kind()) {
      case "ReplicaSet" ->
          replicaSets
              .get(pod.namespace(), owner.name())
              .map(set ->
                  set.controllerOwner()
                      .filter(o -> o.kind().equals("Deployment"))
                      .flatMap(o -> deployments.get(pod.namespace(), o.name()))
                      .orElse(set));
      case "StatefulSet" -> statefulSets.get(pod.namespace(), owner.name());
      case "ReplicationController" -> replicationControllers.get(pod.namespace(), owner.name());
      default -> Optional.empty();
    };
  }
}
