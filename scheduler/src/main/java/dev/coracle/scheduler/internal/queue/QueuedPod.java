package dev.coracle.scheduler.internal.queue;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A pod that waits, with its history. Owned by the scheduler's context. */
public final class QueuedPod {

  PodInfo info;
  long queuedAt;
  private long firstActive;
  private boolean wasActive;
  final long sequence;
  int attempts;
  boolean errored;
  Set<String> rejectedBy = Set.of();
  long failedAt;

  /** Pods are being evicted for it, which it waits for whatever else happens. */
  boolean held;

  /** It was woken by no event, only because it had slept for so long. */
  boolean flushed;

  /** What would have woken it since it is held. */
  @Nullable ClusterEvent missed;

  QueuedPod(PodInfo info, long now, long sequence) {
    this.info = info;
    this.queuedAt = now;
    this.sequence = sequence;
  }

  public PodInfo info() {
    return info;
  }

  public KubeObject pod() {
    return info.pod();
  }

  /** Whether no event woke it for the attempt that is made now. */
  public boolean wasFlushed() {
    return flushed;
  }

  public int attempts() {
    return attempts;
  }

  /** Nothing holds it back any more, for the first time or again. */
  void activated(long now) {
    queuedAt = now;
    if (!wasActive) {
      wasActive = true;
      firstActive = now;
    }
  }

  /** When it could first be tried, in the context's nanoseconds. */
  public long firstActive() {
    return firstActive;
  }
}
