package dev.coracle.controllers.internal.pods;

import dev.coracle.api.KubeObject;
import java.util.HashMap;
import java.util.Map;

/**
 * What counting asks of pods again and again, read from a pod's tree once for each of its versions.
 * An answer holds for the very object it was read from and for no other, so there is nothing that
 * could be out of date. Holds as many pods as were looked at and not forgotten. Owned by one
 * context.
 */
public final class PodStates {

  /**
   * One version of a pod.
   *
   * @param active neither ended nor going
   * @param terminating going, and not ended yet
   */
  public record State(KubeObject pod, boolean active, boolean terminating, boolean ready) {

    private static State of(KubeObject pod) {
      boolean finished = Pods.isFinished(pod);
      return new State(
          pod, !finished && !pod.isDeleting(), !finished && pod.isDeleting(), Pods.isReady(pod));
    }
  }

  private final Map<String, State> byUid = new HashMap<>();

  public State of(KubeObject pod) {
    State known = byUid.get(pod.uid());
    if (known == null || known.pod() != pod) {
      known = State.of(pod);
      byUid.put(pod.uid(), known);
    }
    return known;
  }

  /** The pod is gone. */
  public void forget(KubeObject pod) {
    byUid.remove(pod.uid());
  }
}
