package dev.coracle.kubelet.internal.runtime;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the runtime's events have told of each pod since it was last read; with it the {@link
 * RuntimeCache} knows when what a worker did itself is all there is to know. Events may come late
 * and in any order. Safe for any thread.
 */
final class RuntimeNews {
  private static final class OfPod {
    private long ends;
    private long endsWhenComplete = -1;
    private final Set<String> mentioned = new HashSet<>();
  }

  private final Map<String, OfPod> pods = new ConcurrentHashMap<>();

  private OfPod of(String uid) {
    return pods.computeIfAbsent(uid, _ -> new OfPod());
  }

  /** Something of the pod ended or was removed. */
  void ended(String uid) {
    OfPod pod = of(uid);
    synchronized (pod) {
      pod.ends++;
    }
  }

  /** This container or sandbox was made or started, by whomever. */
  void mentioned(String uid, String id) {
    OfPod pod = of(uid);
    synchronized (pod) {
      pod.mentioned.add(id);
    }
  }

  /** How often {@link #ended} was called. */
  long ends(String uid) {
    OfPod pod = of(uid);
    synchronized (pod) {
      return pod.ends;
    }
  }

  /**
   * What is known of the pod is complete.
   *
   * @param ends {@link #ends} before that was found out
   */
  void complete(String uid, long ends) {
    OfPod pod = of(uid);
    synchronized (pod) {
      pod.endsWhenComplete = ends;
    }
  }

  /** Whether this is still all there is; true only once for each {@link #complete}. */
  boolean takeComplete(String uid, PodRuntimeStatus known) {
    OfPod pod = of(uid);
    synchronized (pod) {
      boolean complete =
          pod.endsWhenComplete == pod.ends && pod.mentioned.stream().allMatch(known::has);
      pod.endsWhenComplete = -1;
      return complete;
    }
  }

  /** The pod is about to be read as a whole. */
  void read(String uid) {
    OfPod pod = pods.get(uid);
    if (pod != null) {
      synchronized (pod) {
        pod.endsWhenComplete = -1;
        pod.mentioned.clear();
      }
    }
  }

  void forget(String uid) {
    pods.remove(uid);
  }
}
