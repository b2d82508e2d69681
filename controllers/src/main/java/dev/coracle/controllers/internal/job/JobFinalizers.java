package dev.coracle.controllers.internal.job;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.ControllerLoop;
import dev.coracle.client.Lister;
import dev.coracle.client.Reconciler;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.HashSet;
import java.util.Set;

/**
 * Takes the finalizer from pods: each once, until they are seen without it; and from those that
 * nobody controls any more, such as of a Job that was deleted without its dependents, or they could
 * never go.
 */
final class JobFinalizers implements Reconciler {

  private final Environment env;
  private final Lister pods;
  private final ControllerLoop orphans;

  /** Pods that are to lose their finalizer and are not seen without it yet. */
  private final Set<String> removing = new HashSet<>();

  JobFinalizers(Environment env, Lister pods) {
    this.env = env;
    this.pods = pods;
    this.orphans = env.loop("job_orphan_pod", 1, this);
  }

  void start() {
    orphans.start();
  }

  void stop() {
    orphans.stop();
  }

  /** A pod as it is now. */
  void seen(KubeObject pod) {
    if (!JobCounts.isTracked(pod)) {
      removing.remove(pod.uid());
    } else if (pod.controllerOwner().isEmpty()) {
      orphans.enqueue(pod);
    }
  }

  void gone(KubeObject pod) {
    removing.remove(pod.uid());
  }

  boolean isRemoving(KubeObject pod) {
    return removing.contains(pod.uid());
  }

  Uni<Void> remove(KubeObject pod) {
    if (!JobCounts.isTracked(pod) || !removing.add(pod.uid())) {
      return Uni.createFrom().voidItem();
    }
    // Whatever else has become of the pod in between.
    Patch patch =
        Patch.strategic(node ->
            node.putObject("metadata")
                .put("uid", pod.uid())
                .putArray("$deleteFromPrimitiveList/finalizers")
                .add(JobCounts.FINALIZER));
    return env.client()
        .patch(Resources.PODS, pod.namespace(), pod.name(), patch)
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .onFailure()
        .invoke(() -> removing.remove(pod.uid()));
  }

  /** A Job may have adopted it in between. */
  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    return pods.get(name.namespace(), name.name())
        .filter(pod -> pod.controllerOwner().isEmpty())
        .map(this::remove)
        .orElseGet(() -> Uni.createFrom().voidItem())
        .replaceWith(Result.DONE);
  }
}
