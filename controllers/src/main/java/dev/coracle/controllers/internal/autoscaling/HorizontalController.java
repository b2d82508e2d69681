package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks every 15 seconds, while there is an autoscaler, at the use of its target's pods and resizes
 * the target (Kubernetes docs, "Horizontal Pod Autoscaling", v2). It knows the metric types
 * Resource and ContainerResource from metrics.k8s.io; others make {@code ScalingActive} false and
 * say so.
 */
public final class HorizontalController extends LoopController {

  private static final Duration PERIOD = Duration.ofSeconds(15);
  private static final GroupVersionResource POD_METRICS =
      new GroupVersionResource("metrics.k8s.io", "v1beta1", "pods");

  private final Lister scalers;
  private final Lister pods;
  private final ResourceCatalog catalog;
  private final Map<NamespacedName, ScalingHistory> histories = new HashMap<>();

  public HorizontalController(Environment env, ResourceCatalog catalog) {
    super("horizontal-pod-autoscaler-controller", "horizontal-pod-autoscaler", env);
    this.catalog = catalog;
    Informer informer = env.informer(Resources.HORIZONTAL_POD_AUTOSCALERS);
    this.scalers = informer.lister();
    this.pods = env.informer(Resources.PODS).lister();
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject scaler) {
            loop.enqueue(scaler);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (before.generation() != now.generation()
                || !before.at("spec").equals(now.at("spec"))) {
              loop.enqueue(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            histories.remove(last.key());
          }
        });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject scaler = scalers.get(name.namespace(), name.name()).orElse(null);
    if (scaler == null || scaler.isDeleting()) {
      return DONE;
    }
    Instant now = env.now();
    ObjectNode status =
        scaler.at("status").isObject()
            ? (ObjectNode) scaler.at("status").deepCopy()
            : Json.object();
    JsonNode reference = scaler.at("spec", "scaleTargetRef");
    Optional<ResourceCatalog.Entry> target =
        catalog.kind(reference.path("apiVersion").asText("v1"), reference.path("kind").asText(""));
    Uni<Void> work =
        target.isEmpty()
            ? failed(scaler, status, "AbleToScale", "FailedGetScale", "unknown target kind")
            : env.client()
                .get(target.get().resource(), name.namespace(), reference.path("name").asText(""))
                .chain(owner -> scale(scaler, status, owner, target.get(), now))
                .onFailure(StatusException::isNotFound)
                .recoverWithUni(failure ->
                    failed(
                        scaler,
                        status,
                        "AbleToScale",
                        "FailedGetScale",
                        "the HPA controller was unable to get the target's current scale: "
                            + failure.getMessage()));
    return work.chain(() -> write(scaler, status)).replaceWith(Result.requeueAfter(PERIOD));
  }

  private Uni<Void> failed(
      KubeObject scaler, ObjectNode status, String type, String reason, String message) {
    Conditions.set(status, type, "False", reason, message, env.now());
    events.warning(scaler, reason, message);
    return Uni.createFrom().voidItem();
  }

  private Uni<Void> scale(
      KubeObject scaler,
      ObjectNode status,
      KubeObject owner,
      ResourceCatalog.Entry target,
      Instant now) {
    int size = owner.at("spec", "replicas").asInt(1);
    Conditions.set(
        status,
        "AbleToScale",
        "True",
        "SucceededGetScale",
        "the HPA controller was able to get the target's current scale",
        now);
    status.put("currentReplicas", size);
    status.put("observedGeneration", (int) scaler.generation());
    if (size == 0 && scaler.at("spec", "minReplicas").asInt(1) > 0) {
      Conditions.set(
          status,
          "ScalingActive",
          "False",
          "ScalingDisabled",
          "scaling is disabled since the replica count of the target is zero",
          now);
      status.put("desiredReplicas", 0);
      return Uni.createFrom().voidItem();
    }
    LabelSelector selector = selector(owner);
    return env.client()
        .list(POD_METRICS, scaler.namespace(), ListOptions.ALL.withLabels(selector))
        .map(list -> list.items())
        .onFailure()
        .recoverWithItem(List.of())
        .chain(usage -> {
          List<KubeObject> running =
              pods.list(scaler.namespace(), selector).stream()
                  .filter(p -> !p.isDeleting())
                  .toList();
          Proposal proposal = propose(scaler, status, size, running, usage);
          return apply(scaler, status, owner, target, size, proposal, now);
        });
  }

  private static LabelSelector selector(KubeObject owner) {
    JsonNode selector = owner.at("spec", "selector");
    return selector.has("matchLabels") || selector.has("matchExpressions")
        ? LabelSelector.of(selector)
        : LabelSelector.ofLabels(KubeObject.strings(selector));
  }

  private record Proposal(
      int size, ResourceMetric.Outcome.@Nullable Missing failure, String metric) {}

  /** The largest of what the metrics ask for; when one cannot be had, there is no scaling down. */
  private static Proposal propose(
      KubeObject scaler,
      ObjectNode status,
      int size,
      List<KubeObject> running,
      List<KubeObject> usage) {
    ArrayNode current = status.putArray("currentMetrics");
    int most = -1;
    String metric = "";
    ResourceMetric.Outcome.Missing failure = null;
    ResourceMetric.Tolerances tolerances =
        ResourceMetric.Tolerances.of(scaler.at("spec", "behavior"));
    for (JsonNode spec : scaler.at("spec", "metrics")) {
      ResourceMetric.Outcome outcome =
          ResourceMetric.evaluate(spec, size, running, usage, tolerances);
      switch (outcome) {
        case ResourceMetric.Outcome.Value value -> {
          current.add(value.current());
          if (value.replicas() > most) {
            most = value.replicas();
            metric = value.name();
          }
        }
        // The first is the one that is told of.
        case ResourceMetric.Outcome.Missing missing ->
            failure = failure == null ? missing : failure;
      }
    }
    if (current.isEmpty()) {
      status.putNull("currentMetrics");
    }
    if (most < 0 || (failure != null && most < size)) {
      return new Proposal(
          size,
          failure == null
              ? new ResourceMetric.Outcome.Missing("FailedGetResourceMetric", "no metrics")
              : failure,
          "");
    }
    return new Proposal(most, null, metric);
  }

  private Uni<Void> apply(
      KubeObject scaler,
      ObjectNode status,
      KubeObject owner,
      ResourceCatalog.Entry target,
      int size,
      Proposal proposal,
      Instant now) {
    int min = scaler.at("spec", "minReplicas").asInt(1);
    int max = scaler.at("spec", "maxReplicas").asInt(1);
    ScalingHistory history = histories.computeIfAbsent(scaler.key(), _ -> new ScalingHistory());
    int wanted;
    String why;
    if (size > max) {
      wanted = max;
      why = "Current number of replicas above Spec.MaxReplicas";
    } else if (size < min) {
      wanted = min;
      why = "Current number of replicas below Spec.MinReplicas";
    } else if (proposal.failure() != null) {
      Conditions.set(
          status,
          "ScalingActive",
          "False",
          proposal.failure().reason(),
          "the HPA was unable to compute the replica count: " + proposal.failure().message(),
          now);
      events.warning(scaler, proposal.failure().reason(), proposal.failure().message());
      status.put("desiredReplicas", size);
      return Uni.createFrom().voidItem();
    } else {
      Conditions.set(
          status,
          "ScalingActive",
          "True",
          "ValidMetricFound",
          "the HPA was able to successfully calculate a replica count from " + proposal.metric(),
          now);
      wanted = history.limit(scaler.at("spec", "behavior"), size, proposal.size(), now);
      boolean limited = wanted > max || wanted < min;
      Conditions.set(
          status,
          "ScalingLimited",
          limited ? "True" : "False",
          limited ? (wanted > max ? "TooManyReplicas" : "TooFewReplicas") : "DesiredWithinRange",
          limited
              ? (wanted > max
                  ? "the desired replica count is more than the maximum replica count"
                  : "the desired replica count is less than the minimum replica count")
              : "the desired count is within the acceptable range",
          now);
      wanted = Math.clamp(wanted, min, max);
      why = wanted > size ? proposal.metric() + " above target" : "All metrics below target";
    }
    status.put("desiredReplicas", wanted);
    if (wanted == size) {
      return Uni.createFrom().voidItem();
    }
    int change = wanted;
    Patch patch = Patch.merge(n -> n.putObject("spec").put("replicas", change));
    return env.client()
        .patch(target.resource(), owner.namespace(), owner.name(), patch)
        .invoke(() -> {
          history.scaled(change - size, now);
          status.put("lastScaleTime", Timestamps.time(now));
          Conditions.set(
              status,
              "AbleToScale",
              "True",
              "SucceededRescale",
              "the HPA controller was able to update the target scale to " + change,
              now);
          events.normal(scaler, "SuccessfulRescale", "New size: " + change + "; reason: " + why);
        })
        .replaceWithVoid();
  }

  private Uni<Void> write(KubeObject scaler, ObjectNode status) {
    return status.equals(scaler.at("status"))
        ? Uni.createFrom().voidItem()
        : env.client()
            .updateStatus(
                Resources.HORIZONTAL_POD_AUTOSCALERS, scaler.with(n -> n.set("status", status)))
            .replaceWithVoid()
            .onFailure(f -> StatusException.isNotFound(f) || StatusException.isConflict(f))
            .recoverWithNull();
  }
}
