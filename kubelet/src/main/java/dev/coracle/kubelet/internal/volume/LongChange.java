package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Tells, by events of the pod, that to give a volume to its group takes long: after thirty seconds,
 * and how far it has come each minute from then on. For one thread, that of the walk.
 */
final class LongChange {
  private static final long FIRST_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long NEXT_NANOS = Duration.ofSeconds(60).toNanos();
  private static final String ADVICE =
      " is taking longer than expected, consider using OnRootMismatch -"
          + " https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
          + "#configure-volume-permission-and-ownership-change-policy-for-pods";

  private final PodEvents events;
  private final Pod pod;
  private final String volume;
  private final LongSupplier nanoTime;
  private final long begun;
  private long files;
  private long next = FIRST_NANOS;

  LongChange(PodEvents events, Pod pod, Path tree, LongSupplier nanoTime) {
    this.events = events;
    this.pod = pod;
    this.volume = "Setting volume ownership for " + below(tree.toString(), pod.uid());
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
  }

  /** Where the volume is, from the pod's own directory on, where it is there. */
  private static String below(String tree, String uid) {
    int at = tree.indexOf(uid);
    return at < 0 ? tree : tree.substring(at);
  }

  /** A file or directory has been seen to. */
  void step() {
    files++;
    long passed = nanoTime.getAsLong() - begun;
    if (passed < next) {
      return;
    }
    String what = next == FIRST_NANOS ? ADVICE : ", processed " + files + " files.";
    events.warning(pod, "VolumePermissionChangeInProgress", volume + what);
    next = Math.max(next, passed) + NEXT_NANOS;
  }
}
