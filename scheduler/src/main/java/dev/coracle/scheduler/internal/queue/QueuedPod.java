package dev.coracle.scheduler.internal.queue;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.Set;

/** A pod that waits, with its history. Owned by the scheduler's context. */
public final class QueuedPod {

  PodInfo info;
  long queuedAt;
  final long firstSeen;
  final long sequence;
  int attempts;
  boolean errored;
  Set<String> rejectedBy = Set.of();
  long failedAt;

  QueuedPod(PodInfo info, long now, long sequence) {
    this.info = info;
    this.queuedAt = now;
    this.firstSeen = now;
    this.sequence = sequence;
  }

  public PodInfo info() {
    return info;
  }

  public KubeObject pod() {
    return info.pod();
  }

  public int attempts() {
    return attempts;
  }

  /** In the context's nanoseconds. */
  public long firstSeen() {
    return firstSeen;
  }
}
