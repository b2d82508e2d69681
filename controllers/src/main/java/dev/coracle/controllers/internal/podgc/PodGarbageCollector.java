package dev.coracle.controllers.internal.podgc;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Disruption;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * Clears away pods that nobody else will: those bound to a node that does not exist (after 40 s),
 * those being deleted that never had a node, and finished ones beyond a number.
 */
public final class PodGarbageCollector extends LoopController {

  private static final Duration QUARANTINE = Duration.ofSeconds(40);
  private static final Disruption DISRUPTION =
      new Disruption("DeletionByPodGC", "PodGC: node no longer exists");

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
    if (Pods.isAssigned(pod)) {
      if (nodes.get("", pod.text("spec", "nodeName")).isEmpty()) {
        loop.enqueueAfter(pod.key(), QUARANTINE);
      }
    } else if (pod.isDeleting()) {
      loop.enqueue(pod);
    }
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
      return pod.isDeleting() ? remove(pod) : DONE;
    }
    if (nodes.get("", pod.text("spec", "nodeName")).isEmpty()) {
      return orphaned(pod);
    }
    int most = env.options().tuning().terminatedPodThreshold();
    return Pods.isFinished(pod) && most > 0 && finished > most ? remove(pod) : DONE;
  }

  /** The informer may lag: the node is asked for before its pods are given up. */
  private Uni<Result> orphaned(KubeObject pod) {
    return env.client()
        .get(Resources.NODES, "", pod.text("spec", "nodeName"))
        .map(_ -> Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() -> Pods.isFinished(pod) ? remove(pod) : gone(DISRUPTION.fail(env, pod)));
  }

  private Uni<Result> remove(KubeObject pod) {
    return gone(
        env.client()
            .delete(
                Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.now().ifUid(pod.uid()))
            .replaceWithVoid());
  }

  private static Uni<Result> gone(Uni<Void> ended) {
    return ended
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
