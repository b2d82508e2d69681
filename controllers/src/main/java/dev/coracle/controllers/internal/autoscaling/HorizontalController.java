package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.config.AutoscalingOptions;
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

/**
 * Looks in every period, while there is an autoscaler, at the use of its target's pods and resizes
 * the target by its {@code scale} (Kubernetes docs, "Horizontal Pod Autoscaling", v2).
 */
public final class HorizontalController extends LoopController {

  private final AutoscalingOptions options;
  private final Lister scalers;
  private final Lister pods;
  private final ResourceCatalog catalog;
  private final MetricSource metrics;
  private final AutoscalerMetrics told;
  private final Map<NamespacedName, ScalingHistory> histories = new HashMap<>();

  /** Which pods each autoscaler was last seen to measure. */
  private final Map<NamespacedName, LabelSelector> selectors = new HashMap<>();

  public HorizontalController(Environment env, ResourceCatalog catalog) {
    super("horizontal-pod-autoscaler-controller", "horizontal-pod-autoscaler", env);
    this.options = env.options().tuning().autoscaling();
    this.catalog = catalog;
    this.told = new AutoscalerMetrics(env.registry());
    this.metrics = new MetricSource(env.client(), catalog, env.context()::nanoTime);
    Informer informer = env.informer(Resources.HORIZONTAL_POD_AUTOSCALERS);
    this.scalers = informer.lister();
    this.pods = env.informer(Resources.PODS).lister();
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject scaler) {
            told.appeared();
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
            selectors.remove(last.key());
            told.gone(last.key());
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
    long begun = env.context().nanoTime();
    ObjectNode status =
        scaler.at("status").isObject()
            ? (ObjectNode) scaler.at("status").deepCopy()
            : Json.object();
    JsonNode reference = scaler.at("spec", "scaleTargetRef");
    String apiVersion = reference.path("apiVersion").asText("v1");
    String kind = reference.path("kind").asText("");
    Optional<ResourceCatalog.Entry> target = catalog.kind(apiVersion, kind);
    Uni<Void> work =
        target.isEmpty()
            ? noScale(
                scaler,
                status,
                "no matches for kind \""
                    + kind
                    + "\" in group \""
                    + GroupVersionKind.of(apiVersion, kind).group()
                    + "\"")
            : env.client()
                .getSubresource(
                    target.get().resource(),
                    name.namespace(),
                    reference.path("name").asText(""),
                    "scale")
                .map(Optional::of)
                .onFailure(StatusException.class)
                .recoverWithUni(failure ->
                    noScale(scaler, status, String.valueOf(failure.getMessage()))
                        .map(_ -> Optional.empty()))
                .chain(scale ->
                    scale.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : scale(scaler, status, scale.get(), target.get(), now));
    return work.chain(() -> write(scaler, status))
        .onFailure()
        .invoke(() -> told.failed(name))
        .onTermination()
        .invoke(() -> {
          told.reconciled(name, Duration.ofNanos(env.context().nanoTime() - begun));
          if (scalers.get(name.namespace(), name.name()).isPresent()) {
            told.wants(name, status.path("desiredReplicas").asInt(0));
          }
        })
        .replaceWith(Result.requeueAfter(options.syncPeriod()));
  }

  private Uni<Void> noScale(KubeObject scaler, ObjectNode status, String why) {
    Conditions.set(
        status,
        "AbleToScale",
        "False",
        "FailedGetScale",
        "the HPA controller was unable to get the target's current scale: " + why,
        env.now());
    told.failed(scaler.key());
    events.warning(scaler, "FailedGetScale", why);
    return Uni.createFrom().voidItem();
  }

  private Uni<Void> scale(
      KubeObject scaler,
      ObjectNode status,
      KubeObject scale,
      ResourceCatalog.Entry target,
      Instant now) {
    int size = scale.at("spec", "replicas").asInt(0);
    Conditions.set(
        status,
        "AbleToScale",
        "True",
        "SucceededGetScale",
        "the HPA controller was able to get the target's current scale",
        now);
    status.put("currentReplicas", size);
    // Required; without a size of its own yet it wants none.
    status.put("desiredReplicas", status.path("desiredReplicas").asInt(0));
    history(scaler).begin(size, now);
    status.put("observedGeneration", (int) scaler.generation());
    int min = scaler.at("spec", "minReplicas").asInt(1);
    int max = scaler.at("spec", "maxReplicas").asInt(1);
    if (size == 0 && min > 0) {
      inactive(
          status,
          "ScalingDisabled",
          "scaling is disabled since the replica count of the target is zero");
      status.put("desiredReplicas", 0);
      return Uni.createFrom().voidItem();
    }
    if (size > max || size < min) {
      status.putNull("currentMetrics");
      return rescale(
          scaler,
          status,
          scale,
          target,
          size > max ? max : min,
          size > max
              ? "Current number of replicas above Spec.MaxReplicas"
              : "Current number of replicas below Spec.MinReplicas");
    }
    Optional<LabelSelector> selector = selector(scaler, status, scale);
    if (selector.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return metrics
        .answers(scaler, selector.get())
        .chain(answers -> {
          List<KubeObject> of = pods.list(scaler.namespace(), selector.get());
          Round round = Round.of(scaler, scale, of, options, now);
          return apply(
              scaler, status, scale, target, Proposal.of(round, status, answers, told), now);
        });
  }

  /** Empty, and said so, where pods can not be told by it. */
  private Optional<LabelSelector> selector(KubeObject scaler, ObjectNode status, KubeObject scale) {
    String text = scale.text("status", "selector");
    if (text.isEmpty()) {
      events.warning(scaler, "SelectorRequired", "selector is required");
      inactive(status, "InvalidSelector", "the HPA target's scale is missing a selector");
      told.failed(scaler.key());
      events.warning(scaler, "FailedComputeMetricsReplicas", "selector is required");
      return Optional.empty();
    }
    LabelSelector selector;
    try {
      selector = LabelSelector.parse(text);
    } catch (StatusException e) {
      String why =
          "couldn't convert selector into a corresponding internal selector object: "
              + e.getMessage();
      events.warning(scaler, "InvalidSelector", why);
      inactive(status, "InvalidSelector", why);
      told.failed(scaler.key());
      events.warning(scaler, "FailedComputeMetricsReplicas", why);
      return Optional.empty();
    }
    selectors.put(scaler.key(), selector);
    List<KubeObject> own = pods.list(scaler.namespace(), selector);
    List<String> all =
        selectors.entrySet().stream()
            .filter(e -> e.getKey().namespace().equals(scaler.namespace()))
            .filter(e -> own.stream().anyMatch(e.getValue()::matches))
            .map(e -> e.getKey().toString())
            .sorted()
            .toList();
    if (all.size() > 1) {
      String why =
          "pods by selector "
              + text
              + " are controlled by multiple HPAs: ["
              + String.join(" ", all)
              + "]";
      events.warning(scaler, "AmbiguousSelector", why);
      inactive(status, "AmbiguousSelector", why);
      told.failed(scaler.key());
      events.warning(scaler, "FailedComputeMetricsReplicas", why);
      return Optional.empty();
    }
    return Optional.of(selector);
  }

  private void inactive(ObjectNode status, String reason, String message) {
    Conditions.set(status, "ScalingActive", "False", reason, message, env.now());
  }

  private Uni<Void> apply(
      KubeObject scaler,
      ObjectNode status,
      KubeObject scale,
      ResourceCatalog.Entry target,
      Proposal proposal,
      Instant now) {
    int size = scale.at("spec", "replicas").asInt(0);
    proposal.missing().forEach(m -> events.warning(scaler, m.reason(), m.message()));
    if (!proposal.failures().isEmpty()) {
      Outcome.Missing first = proposal.missing().getFirst();
      inactive(
          status,
          first.reason(),
          "the HPA was unable to compute the replica count: " + first.message());
      told.failed(scaler.key());
      events.warning(scaler, "FailedComputeMetricsReplicas", proposal.failures());
      return Uni.createFrom().voidItem();
    }
    Conditions.set(
        status,
        "ScalingActive",
        "True",
        "ValidMetricFound",
        "the HPA was able to successfully calculate a replica count from " + proposal.metric(),
        now);
    int min = scaler.at("spec", "minReplicas").asInt(1);
    int max = scaler.at("spec", "maxReplicas").asInt(1);
    ScalingHistory.Decision decision =
        history(scaler).decide(scaler.at("spec", "behavior"), size, proposal.size(), min, max, now);
    decision.tell(status, now);
    int bounded = decision.size();
    if (bounded == size) {
      status.put("desiredReplicas", size);
      return Uni.createFrom().voidItem();
    }
    return rescale(
        scaler,
        status,
        scale,
        target,
        bounded,
        bounded > size ? proposal.metric() + " above target" : "All metrics below target");
  }

  private ScalingHistory history(KubeObject scaler) {
    return histories.computeIfAbsent(
        scaler.key(), _ -> new ScalingHistory(options.downscaleStabilization()));
  }

  private Uni<Void> rescale(
      KubeObject scaler,
      ObjectNode status,
      KubeObject scale,
      ResourceCatalog.Entry target,
      int wanted,
      String why) {
    int size = scale.at("spec", "replicas").asInt(0);
    Instant now = env.now();
    return env.client()
        .update(
            target.resource(),
            scale.with(n -> n.withObjectProperty("spec").put("replicas", wanted)),
            "scale",
            WriteOptions.NONE)
        .invoke(() -> {
          history(scaler).scaled(wanted - size, now);
          told.scaled(scaler.key(), wanted - size);
          status.put("desiredReplicas", wanted);
          status.put("lastScaleTime", Timestamps.time(now));
          Conditions.set(
              status,
              "AbleToScale",
              "True",
              "SucceededRescale",
              "the HPA controller was able to update the target scale to " + wanted,
              now);
          events.normal(scaler, "SuccessfulRescale", "New size: " + wanted + "; reason: " + why);
        })
        .replaceWithVoid()
        .onFailure(StatusException.class)
        .recoverWithUni(failure -> {
          told.failed(scaler.key());
          Conditions.set(
              status,
              "AbleToScale",
              "False",
              "FailedUpdateScale",
              "the HPA controller was unable to update the target scale: " + failure.getMessage(),
              now);
          events.warning(
              scaler,
              "FailedRescale",
              "New size: " + wanted + "; reason: " + why + "; error: " + failure.getMessage());
          return Uni.createFrom().voidItem();
        });
  }

  private Uni<Void> write(KubeObject scaler, ObjectNode status) {
    return status.equals(scaler.at("status"))
        ? Uni.createFrom().voidItem()
        : env.client()
            .updateStatus(
                Resources.HORIZONTAL_POD_AUTOSCALERS, scaler.with(n -> n.set("status", status)))
            .replaceWithVoid()
            .onFailure(StatusException::isNotFound)
            .recoverWithNull()
            .onFailure(StatusException.class)
            .invoke(
                f -> events.warning(scaler, "FailedUpdateStatus", String.valueOf(f.getMessage())))
            .onFailure(StatusException::isConflict)
            .recoverWithNull();
  }
}
