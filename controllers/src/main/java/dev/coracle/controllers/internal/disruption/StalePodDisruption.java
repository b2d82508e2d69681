package dev.coracle.controllers.internal.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.ControllerLoop;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.client.Reconciler;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;

/**
 * Takes back what pods say of an end that did not come: one that was to be disrupted and is not
 * being deleted two minutes later is no longer a {@code DisruptionTarget} (KEP-3329), or a failure
 * of its own would pass for a disruption.
 */
final class StalePodDisruption implements Reconciler {

  private static final String TARGET = "DisruptionTarget";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Environment env;
  private final Lister pods;
  private final ControllerLoop loop;

  StalePodDisruption(Environment env, Informer podInformer) {
    this.env = env;
    this.pods = podInformer.lister();
    this.loop = env.loop("stale_pod_disruption", 1, this);
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            if (isTarget(pod)) {
              loop.enqueue(pod);
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (isTarget(now) && !isTarget(before)) {
              loop.enqueue(now);
            }
          }
        });
  }

  void start() {
    loop.start();
  }

  void stop() {
    loop.stop();
  }

  /** Kubelets say it only of pods that are about to end, and that do. */
  private static boolean isTarget(KubeObject pod) {
    JsonNode condition = Conditions.find(pod, TARGET);
    return condition.path("status").asText().equals("True")
        && !condition.path("reason").asText().equals("TerminationByKubelet")
        && Pods.isActive(pod);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject pod = pods.get(name.namespace(), name.name()).filter(p -> isTarget(p)).orElse(null);
    if (pod == null) {
      return Uni.createFrom().item(Result.DONE);
    }
    Instant since =
        Timestamps.parse(Conditions.find(pod, TARGET).path("lastTransitionTime").asText(""));
    Duration left =
        since == null ? Duration.ZERO : PATIENCE.minus(Duration.between(since, env.now()));
    return left.isPositive()
        ? Uni.createFrom().item(Result.requeueAfter(left))
        : takeBack(pod)
            .replaceWith(Result.DONE)
            .onFailure(StatusException::isNotFound)
            .recoverWithItem(Result.DONE);
  }

  private Uni<KubeObject> takeBack(KubeObject pod) {
    Patch patch =
        Patch.strategic(tree -> {
          tree.putObject("metadata").put("uid", pod.uid());
          ObjectNode condition =
              tree.putObject("status").putArray("conditions").addObject().put("type", TARGET);
          condition.put("status", "False").putNull("reason").putNull("message");
          condition.put("lastTransitionTime", Timestamps.time(env.now()));
          if (pod.generation() > 0) {
            condition.put("observedGeneration", (int) pod.generation());
          }
        });
    return env.client()
        .patch(Resources.PODS, pod.namespace(), pod.name(), patch, "status", WriteOptions.NONE);
  }
}
