package dev.coracle.kubelet.internal.volume;

import dev.coracle.cri.Turns;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.metrics.VolumeOperations;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Gives volumes to pods' groups ({@link Ownership}); measures how long that takes, and tells when
 * it takes long. Safe for any thread.
 */
public final class GroupAccess {
  private final PodEvents events;
  private final VolumeOperations metrics;

  public GroupAccess(PodEvents events, VolumeOperations metrics) {
    this.events = events;
    this.metrics = metrics;
  }

  /**
   * Of a volume that may have many files, and that the pod may write to.
   *
   * @param plugin what metrics call the volume's kind, {@code kubernetes.io/local-volume}
   */
  public void give(String plugin, Path tree, Pod pod) throws IOException {
    Turns turns = new Turns();
    LongChange change = new LongChange(events, pod, tree, System::nanoTime);
    give(
        plugin,
        tree,
        pod,
        false,
        () -> {
          turns.step();
          change.step();
        });
  }

  /** Of a volume that is new, and so has few files. */
  void giveNew(VolumePlugin plugin, Path tree, Pod pod, boolean readOnly) throws IOException {
    give(plugin.directoryName().replace('~', '/'), tree, pod, readOnly, new Turns()::step);
  }

  private void give(String plugin, Path tree, Pod pod, boolean readOnly, Runnable step)
      throws IOException {
    long begun = System.nanoTime();
    boolean walked = true;
    boolean succeeded = false;
    try {
      walked = Ownership.apply(tree, pod, readOnly, step);
      succeeded = true;
    } finally {
      if (walked) {
        metrics.done(
            plugin,
            "volume_apply_access_control",
            succeeded,
            Duration.ofNanos(System.nanoTime() - begun));
      }
    }
  }
}
