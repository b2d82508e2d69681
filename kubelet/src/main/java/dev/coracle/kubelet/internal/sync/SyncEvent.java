package dev.coracle.kubelet.internal.sync;

import dev.coracle.api.KubeObject;

/** What the SyncLoop hears of: pod updates, pod lifecycle events, ticks, housekeeping. */
public sealed interface SyncEvent {
  /** The pods that are there at the beginning are known: look at all of them. */
  record Listed() implements SyncEvent {}

  /** A pod is there or has changed, in the API or in a manifest. */
  record PodChanged(KubeObject pod) implements SyncEvent {}

  /** A pod is gone from its source. */
  record PodRemoved(KubeObject last) implements SyncEvent {}

  /**
   * Something of this pod changed in the runtime (PLEG), a probe's verdict changed, or an object it
   * uses.
   */
  record PodTouched(String uid) implements SyncEvent {}

  /** Look for what belongs to nobody. */
  record Housekeeping() implements SyncEvent {}
}
