package dev.coracle.controllers.internal.podgc;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Disruption;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Clears away pods that nobody else will: those bound to a node that does not exist (after 40 s),
 * those being deleted that never had a node or whose node is not ready and said to be out of
 * service (KEP-2268), and finished ones beyond a number. One that has not ended fails first, so
 * that whoever counts it, and holds it by a finalizer until then, does.
 */
public final class PodGarbageCollector extends LoopController {

  private static final Duration QUARANTINE = Duration.ofSeconds(40);
  private static final Disruption DISRUPTION =
      new Disruption("DeletionByPodGC", "PodGC: node no longer exists");

  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

  private final Lister nodes;
  private final Lister pods;
  private int finished;
  private boolean tidying;

  public PodGarbageCollector(Environment env) {
    super("pod-garbage-collector-controller", env);
    Informer nodeInformer = env.informer(Resources.NODES);
    Informer podInformer = env.informer(Resources.PODS).addIndex(Informer.BY_NODE);
    this.nodes = nodeInformer.lister();
    this.pods = podInformer.lister();
    nodeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (isOutOfService(now) && !isOutOfService(before)) {
              pods.byIndex(Informer.BY_NODE, now.name()).stream()
                  .filter(KubeObject::isDeleting)
                  .forEach(loop::enqueue);
            }
          }

          @Override
          public void deleted(KubeObject node) {
            pods.byIndex(Informer.BY_NODE, node.name())
                .forEach(pod -> loop.enqueueAfter(pod.key(), QUARANTINE));
          }
        });
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            consider(pod);
            count(Pods.isFinished(pod) ? 1 : 0);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (before.isDeleting() != now.isDeleting()) {
              consider(now);
            }
            count((Pods.isFinished(now) ? 1 : 0) - (Pods.isFinished(before) ? 1 : 0));
          }

          @Override
          public void deleted(KubeObject last) {
            finished -= Pods.isFinished(last) ? 1 : 0;
          }
        });
  }

  private void consider(KubeObject pod) {
    if (!Pods.isAssigned(pod)) {
      if (pod.isDeleting()) {
        loop.enqueue(pod);
      }
      return;
    }
    Optional<KubeObject> node = nodeOf(pod);
    if (node.isEmpty()) {
      loop.enqueueAfter(pod.key(), QUARANTINE);
    } else if (pod.isDeleting() && isOutOfService(node.get())) {
      loop.enqueue(pod);
    }
  }

  private Optional<KubeObject> nodeOf(KubeObject pod) {
    return nodes.get("", pod.text("spec", "nodeName"));
  }

  /** The taint alone does not do: a node that is ready ends its pods itself. */
  private static boolean isOutOfService(KubeObject node) {
    return !Conditions.isTrue(node, "Ready")
        && node.at("spec", "taints").findValuesAsText("key").contains(OUT_OF_SERVICE);
  }

  private void count(int change) {
    finished += change;
    int most = env.options().tuning().terminatedPodThreshold();
    if (change > 0 && most > 0 && finished > most && !tidying) {
      tidying = true; // Of many that end at once the list is made once.
      env.context().execute(() -> tidy(most));
    }
  }

  /** Those that were evicted go first, then the oldest. */
  private void tidy(int most) {
    tidying = false;
    List<KubeObject> all =
        pods.list().stream()
            .filter(p -> Pods.isFinished(p) && !p.isDeleting())
            .sorted(
                Comparator.comparing(
                        (KubeObject p) -> !p.text("status", "reason").equals("Evicted"))
                    .thenComparing(p -> p.text("metadata", "creationTimestamp"))
                    .thenComparing(KubeObject::name))
            .toList();
    all.stream().limit(Math.max(0, all.size() - most)).forEach(loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject pod = pods.get(name.namespace(), name.name()).orElse(null);
    if (pod == null) {
      return DONE;
    }
    if (!Pods.isAssigned(pod)) {
      return pod.isDeleting() ? remove(pod, "unscheduled") : DONE;
    }
    Optional<KubeObject> node = nodeOf(pod);
    if (node.isEmpty()) {
      return orphaned(pod);
    }
    if (pod.isDeleting() && isOutOfService(node.get())) {
      return remove(pod, "out-of-service");
    }
    int most = env.options().tuning().terminatedPodThreshold();
    return Pods.isFinished(pod) && most > 0 && finished > most ? remove(pod, "terminated") : DONE;
  }

  /** The informer may lag: the node is asked for before its pods are given up. */
  private Uni<Result> orphaned(KubeObject pod) {
    return env.client()
        .get(Resources.NODES, "", pod.text("spec", "nodeName"))
        .map(_ -> Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() ->
            Pods.isFinished(pod)
                ? remove(pod, "orphaned")
                : told(pod, "orphaned", DISRUPTION.fail(env, pod)));
  }

  /**
   * @param reason as upstream's metrics name it
   */
  private Uni<Result> remove(KubeObject pod, String reason) {
    Uni<?> ended = Pods.isFinished(pod) ? Uni.createFrom().voidItem() : fail(pod);
    return told(
        pod,
        reason,
        ended
            .chain(() ->
                env.client()
                    .delete(
                        Resources.PODS,
                        pod.namespace(),
                        pod.name(),
                        DeleteOptions.now().ifUid(pod.uid())))
            .replaceWithVoid());
  }

  private Uni<KubeObject> fail(KubeObject pod) {
    Patch patch =
        Patch.strategic(tree -> {
          tree.putObject("metadata").put("uid", pod.uid());
          tree.putObject("status").put("phase", "Failed");
        });
    return env.client()
        .patch(Resources.PODS, pod.namespace(), pod.name(), patch, "status", WriteOptions.NONE);
  }

  private Uni<Result> told(KubeObject pod, String reason, Uni<Void> ended) {
    count("force_delete_pods_total", pod, reason);
    return ended
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE)
        .onFailure()
        .invoke(() -> count("force_delete_pod_errors_total", pod, reason));
  }

  private void count(String metric, KubeObject pod, String reason) {
    env.registry()
        .counter("pod_gc_collector_" + metric, "namespace", pod.namespace(), "reason", reason)
        .increment();
  }
}
