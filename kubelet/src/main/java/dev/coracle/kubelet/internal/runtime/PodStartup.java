package dev.coracle.kubelet.internal.runtime;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a pod's start is to be measured by, until it has started: how long it has waited for its
 * images. Guarded by this.
 */
public final class PodStartup {
  private @Nullable Long pullingSince;
  private long pulledNanos;
  private boolean begun;

  /**
   * @return true the first time it is called
   */
  public synchronized boolean begin() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  /** An image is pulled; also once more, after it could not be. */
  public synchronized void pulling() {
    if (pullingSince == null) {
      pullingSince = System.nanoTime();
    }
  }

  /** It is here. */
  public synchronized void pulled() {
    if (pullingSince != null) {
      pulledNanos += System.nanoTime() - pullingSince;
      pullingSince = null;
    }
  }

  /** How long the pod has waited for all of its images, from first attempts on. */
  public synchronized Duration pulls() {
    return Duration.ofNanos(pulledNanos);
  }
}
