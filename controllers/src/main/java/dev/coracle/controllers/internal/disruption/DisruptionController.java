package dev.coracle.controllers.internal.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.GoSelector;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.disruption.OwnerSizes.Expected;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Works out how many pods a PodDisruptionBudget lets go. What counts as all pods comes from the
 * size of their owners, so that pods which are missing already count as disrupted.
 */
public final class DisruptionController extends LoopController {

  private static final String ALLOWED = "DisruptionAllowed";
  private static final String SYNC_FAILED = "SyncFailed";

  /** An eviction that was granted counts for so long when the pod does not go. */
  private static final Duration GRANT = Duration.ofMinutes(2);

  private final Lister budgets;
  private final Lister pods;
  private final OwnerSizes sizes;
  private final StalePodDisruption stale;

  public DisruptionController(Environment env, ResourceCatalog catalog) {
    super("disruption-controller", "controllermanager", env);
    Informer budgetInformer = env.informer(Resources.POD_DISRUPTION_BUDGETS);
    Informer podInformer = env.informer(Resources.PODS);
    this.budgets = budgetInformer.lister();
    this.pods = podInformer.lister();
    this.sizes = new OwnerSizes(env, catalog, this::follow);
    this.stale = new StalePodDisruption(env, podInformer);
    // After the catalog, whose handler was there first.
    onAny(
        env.informer(Resources.CUSTOM_RESOURCE_DEFINITIONS),
        _ ->
            budgets.list().stream()
                .filter(DisruptionController::isUncounted)
                .forEach(loop::enqueue));
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

  @Override
  public void start() {
    super.start();
    stale.start();
  }

  @Override
  public void stop() {
    stale.stop();
    super.stop();
  }

  private void follow(Informer informer) {
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
  }

  private void wake(KubeObject pod) {
    for (KubeObject budget : budgets.list(pod.namespace())) {
      if (selector(budget).matches(pod)) {
        loop.enqueue(budget);
      }
    }
  }

  private static boolean isUncounted(KubeObject budget) {
    return Conditions.find(budget, ALLOWED).path("reason").asText().equals(SYNC_FAILED);
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
    JsonNode maxUnavailable = budget.at("spec", "maxUnavailable");
    boolean needsSizes =
        maxUnavailable.isValueNode() && !maxUnavailable.isNull()
            || budget.at("spec", "minAvailable").asText("").endsWith("%");
    Uni<Expected> expected =
        needsSizes
            ? sizes.of(matching)
            : Uni.createFrom().item(new Expected(matching.size(), List.of()));
    return expected
        .onItemOrFailure()
        .transformToUni((found, failure) ->
            failure == null ? counted(budget, matching, found) : uncounted(budget, failure));
  }

  private Uni<Result> counted(KubeObject budget, List<KubeObject> matching, Expected expected) {
    if (!expected.unmanaged().isEmpty()) {
      events.warning(
          budget,
          "UnmanagedPods",
          "Pods selected by this PodDisruptionBudget (selector: "
              + GoSelector.text(budget.at("spec", "selector"))
              + ") were found to be unmanaged. As a result, the status of the PDB cannot be"
              + " calculated correctly, which may result in undefined behavior. To account for"
              + " these pods please set \".spec.minAvailable\" field of the PDB to an integer"
              + " value.");
    }
    Instant now = env.now();
    ObjectNode status = statusOf(budget);
    Duration again = grants(status, matching, now);
    int healthy =
        (int)
            matching.stream()
                .filter(p -> !p.isDeleting() && Pods.isReady(p))
                .filter(p -> !status.path("disruptedPods").has(p.name()))
                .count();
    JsonNode maxUnavailable = budget.at("spec", "maxUnavailable");
    int desired =
        maxUnavailable.isValueNode() && !maxUnavailable.isNull()
            ? Math.max(0, expected.pods() - part(maxUnavailable, expected.pods()))
            : part(budget.at("spec", "minAvailable"), expected.pods());
    int allowed = expected.pods() <= 0 ? 0 : Math.max(0, healthy - desired);
    status.put("disruptionsAllowed", allowed);
    status.put("currentHealthy", healthy);
    status.put("desiredHealthy", desired);
    status.put("expectedPods", expected.pods());
    status.put("observedGeneration", (int) budget.generation());
    Conditions.set(
        status,
        ALLOWED,
        allowed > 0 ? "True" : "False",
        allowed > 0 ? "SufficientPods" : "InsufficientPods",
        "",
        now);
    observed(status, budget.generation());
    return write(budget, status, again.isZero() ? Result.DONE : Result.requeueAfter(again));
  }

  /**
   * Nothing may go. Pods whose owner's size is not known would count as healthy but not as
   * expected, and so let more go than the budget says.
   */
  private Uni<Result> uncounted(KubeObject budget, Throwable failure) {
    String why = String.valueOf(failure.getMessage());
    events.warning(
        budget,
        "CalculateExpectedPodCountFailed",
        "Failed to calculate the number of expected pods: " + why);
    ObjectNode status = statusOf(budget);
    status.put("disruptionsAllowed", 0);
    // Required fields: what was counted last stays, as nothing better is known.
    for (String count : List.of("currentHealthy", "desiredHealthy", "expectedPods")) {
      status.put(count, status.path(count).asInt(0));
    }
    Conditions.set(status, ALLOWED, "False", SYNC_FAILED, why, env.now());
    observed(status, status.path("observedGeneration").asLong(0));
    Uni<Result> written = write(budget, status, Result.DONE);
    // What no news will mend is tried again.
    return failure instanceof UncountedException
        ? written
        : written.chain(() -> Uni.createFrom().failure(failure));
  }

  private static ObjectNode statusOf(KubeObject budget) {
    return budget.at("status").isObject()
        ? (ObjectNode) budget.at("status").deepCopy()
        : Json.object();
  }

  private static void observed(ObjectNode status, long generation) {
    if (generation > 0) {
      ((ObjectNode) Conditions.find(status, ALLOWED)).put("observedGeneration", (int) generation);
    }
  }

  private Uni<Result> write(KubeObject budget, ObjectNode status, Result next) {
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
}
