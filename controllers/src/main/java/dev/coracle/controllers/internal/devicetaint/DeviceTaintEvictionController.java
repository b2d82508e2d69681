package dev.coracle.controllers.internal.devicetaint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Disruption;
import dev.coracle.controllers.internal.pods.EvictionMetrics;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Evicts pods that have a device with a {@code NoExecute} taint which their claim does not tolerate
 * (KEP-5055): at once, or when the time that it is tolerated for is over, counted from when the
 * taint was added. Names are those of pods, and, without a namespace, those of DeviceTaintRules,
 * whose status says how it goes.
 */
public final class DeviceTaintEvictionController extends LoopController {

  private static final String EVENT = "DeviceTaintManagerEviction";
  private static final Disruption DISRUPTION =
      new Disruption(
          "DeletionByDeviceTaintManager", "Device Taint manager: deleting due to NoExecute taint");

  private final Lister pods;
  private final Lister claims;
  private final Lister rules;
  private final Evictions evictions;
  private final EvictionMetrics metrics;
  private final RuleStatus status;

  /** Pods that are to go, by uid. */
  private final Set<String> planned = new HashSet<>();

  /** How many pods a rule, by its uid, has evicted. */
  private final Map<String, Integer> evicted = new HashMap<>();

  public DeviceTaintEvictionController(Environment env) {
    super("device-taint-eviction-controller", env);
    Informer podInformer = env.informer(Resources.PODS);
    Informer claimInformer = env.informer(Resources.RESOURCE_CLAIMS);
    Informer sliceInformer = env.informer(Resources.RESOURCE_SLICES);
    Informer ruleInformer = env.informer(Resources.DEVICE_TAINT_RULES);
    this.pods = podInformer.lister();
    this.claims = claimInformer.lister();
    this.rules = ruleInformer.lister();
    this.metrics = new EvictionMetrics(env.registry(), "device_taint_eviction_controller");
    this.evictions = new Evictions(claims, sliceInformer.lister());
    this.status = new RuleStatus(env, evictions, pods, claims, sliceInformer.lister());
    podInformer.addHandler(
        handler((before, now) -> {
          if (now == null) {
            planned.remove(before == null ? "" : before.uid());
          } else if (before == null || mayChange(before, now)) {
            consider(now);
          }
        }));
    claimInformer.addHandler(
        handler((before, now) -> {
          wake(before);
          wake(now);
        }));
    sliceInformer.addHandler(
        handler((before, now) -> {
          if ((before != null && evicts(before)) || (now != null && evicts(now))) {
            KubeObject slice = now == null ? before : now;
            wakeUsers(r -> slice != null && isOf(slice, r));
          }
        }));
    ruleInformer.addHandler(handler(this::ruleChanged));
  }

  private interface Change {
    void happened(@Nullable KubeObject before, @Nullable KubeObject now);
  }

  private static Informer.Handler handler(Change change) {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject object) {
        change.happened(null, object);
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        change.happened(before, now);
      }

      @Override
      public void deleted(KubeObject last) {
        change.happened(last, null);
      }
    };
  }

  private static boolean mayChange(KubeObject before, KubeObject now) {
    return !before.uid().equals(now.uid())
        || before.isDeleting() != now.isDeleting()
        || !before.text("spec", "nodeName").equals(now.text("spec", "nodeName"))
        || !before
            .at("status", "resourceClaimStatuses")
            .equals(now.at("status", "resourceClaimStatuses"))
        || !before
            .at("status", "extendedResourceClaimStatus")
            .equals(now.at("status", "extendedResourceClaimStatus"));
  }

  private void consider(KubeObject pod) {
    if (!pod.at("spec", "resourceClaims").isEmpty()
        || pod.at("status", "extendedResourceClaimStatus").isObject()) {
      loop.enqueue(pod);
    }
  }

  /** The pods that a claim is reserved for. */
  private void wake(@Nullable KubeObject claim) {
    if (claim != null) {
      for (JsonNode consumer : claim.at("status", "reservedFor")) {
        if (consumer.path("resource").asText("").equals("pods")) {
          enqueue(claim.namespace(), consumer.path("name").asText(""));
        }
      }
    }
  }

  /** The pods of claims that have a device like that. */
  private void wakeUsers(Predicate<JsonNode> device) {
    for (KubeObject claim : claims.list()) {
      for (JsonNode result : claim.at("status", "allocation", "devices", "results")) {
        if (device.test(result)) {
          wake(claim);
          break;
        }
      }
    }
  }

  private static boolean evicts(KubeObject slice) {
    for (JsonNode device : slice.at("spec", "devices")) {
      for (JsonNode taint : device.path("taints")) {
        if (Evictions.evicts(taint)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isOf(KubeObject slice, JsonNode result) {
    return Evictions.isOfPool(
        slice, result.path("driver").asText(""), result.path("pool").asText(""));
  }

  private void ruleChanged(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (before != null && (now == null || !now.uid().equals(before.uid()))) {
      evicted.remove(before.uid());
    }
    if (before != null && now != null && before.at("spec").equals(now.at("spec"))) {
      return;
    }
    if (now != null) {
      enqueue("", now.name());
    }
    boolean evicts =
        (before != null && Evictions.evicts(before.at("spec", "taint")))
            || (now != null && Evictions.evicts(now.at("spec", "taint")));
    if (evicts) {
      wakeUsers(_ -> true);
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    Uni<Result> work =
        name.namespace().isEmpty()
            ? rules
                .get("", name.name())
                .map(rule -> status.tell(rule, evicted.getOrDefault(rule.uid(), 0)))
                .orElse(DONE)
            : pods.get(name.namespace(), name.name()).map(this::pod).orElse(DONE);
    return work.onFailure(StatusException::isNotFound).recoverWithItem(Result.DONE);
  }

  private Uni<Result> pod(KubeObject pod) {
    if (pod.isDeleting() || Pods.isFinished(pod)) {
      planned.remove(pod.uid());
      return DONE;
    }
    Optional<Evictions.Eviction> due = evictions.of(pod, rules.list());
    if (due.isEmpty()) {
      if (planned.remove(pod.uid())) {
        events.normal(pod, EVENT, "Cancelling deletion");
      }
      return DONE;
    }
    Evictions.Eviction eviction = due.get();
    planned.add(pod.uid());
    eviction.rules().forEach(rule -> enqueue("", rule));
    Instant now = env.now();
    return eviction.when().isAfter(now)
        ? Uni.createFrom().item(Result.requeueAfter(Duration.between(now, eviction.when())))
        : evict(pod, eviction);
  }

  private Uni<Result> evict(KubeObject pod, Evictions.Eviction eviction) {
    events.normal(pod, EVENT, "Marking for deletion");
    return DISRUPTION
        .evict(env, pod)
        .invoke(() -> {
          metrics.deleted(eviction.when(), env.now());
          planned.remove(pod.uid());
          for (String name : eviction.rules()) {
            rules
                .get("", name)
                .ifPresent(rule -> {
                  evicted.merge(rule.uid(), 1, Integer::sum);
                  // Told when the informer shows the pod gone, and not for every pod anew.
                  loop.enqueueAfter(new NamespacedName("", name), RuleStatus.PERIOD);
                });
          }
        })
        .replaceWith(Result.DONE);
  }
}
