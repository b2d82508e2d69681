package dev.coracle.kubelet.server;

import io.smallrye.mutiny.Uni;
import java.util.Optional;

/**
 * What the kubelet knows of its pods, from memory: called on event loops, must answer at once and
 * never block. Answers are immutable snapshots.
 */
public interface PodLookup {
  /** The pod of this name that this kubelet runs (or will run), empty when there is none. */
  Optional<PodView> pod(String namespace, String name);

  /**
   * Completes when the container has ended and its log file holds everything it wrote, at once when
   * it already has or is unknown. Cancelling the subscription forgets the question. Log following
   * ends by this.
   */
  Uni<Void> terminated(String containerId);
}
