package dev.coracle.scheduler.spi;

import dev.coracle.api.KubeObject;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node, the pods on it and their sums. Owned by the scheduler's context; preemption tries things
 * out on a {@link #copy()}.
 */
public final class NodeInfo {

  private @Nullable KubeObject node;
  private Amounts allocatable = new Amounts();
  private final Map<String, PodInfo> pods = new LinkedHashMap<>();
  private final Amounts requested = new Amounts();
  private final Amounts nonZeroRequested = new Amounts();
  private final Map<String, Integer> perController = new HashMap<>();
  private int antiAffine;
  private int affine;

  public void setNode(@Nullable KubeObject now) {
    node = now;
    allocatable = now == null ? new Amounts() : Amounts.of(now.at("status", "allocatable"));
  }

  public boolean hasNode() {
    return node != null;
  }

  public KubeObject node() {
    if (node == null) {
      throw new IllegalStateException("the node is not known yet");
    }
    return node;
  }

  public String name() {
    return node().name();
  }

  public Amounts allocatable() {
    return allocatable;
  }

  public Amounts requested() {
    return requested;
  }

  public Amounts nonZeroRequested() {
    return nonZeroRequested;
  }

  public Collection<PodInfo> pods() {
    return pods.values();
  }

  /** Whether some pod here has required anti-affinity, which newcomers must respect. */
  public boolean hasAntiAffinity() {
    return antiAffine > 0;
  }

  /** Whether some pod here has a wish or a demand about others that are near it. */
  public boolean hasAffinity() {
    return affine > 0;
  }

  /** How many pods here have this controller, by its uid, and are not being deleted. */
  public int ofController(String uid) {
    return perController.getOrDefault(uid, 0);
  }

  /** Adds, or replaces the same pod's former state. */
  public void add(PodInfo pod) {
    remove(pod.uid());
    pods.put(pod.uid(), pod);
    requested.plus(pod.requests());
    nonZeroRequested.plus(pod.nonZeroRequests());
    antiAffine += pod.antiAffinity().isEmpty() ? 0 : 1;
    affine += pod.hasAffinity() ? 1 : 0;
    if (!pod.controllerUid().isEmpty()) {
      perController.merge(pod.controllerUid(), 1, Integer::sum);
    }
  }

  public void remove(String uid) {
    PodInfo pod = pods.remove(uid);
    if (pod != null) {
      requested.minus(pod.requests());
      nonZeroRequested.minus(pod.nonZeroRequests());
      antiAffine -= pod.antiAffinity().isEmpty() ? 0 : 1;
      affine -= pod.hasAffinity() ? 1 : 0;
      if (!pod.controllerUid().isEmpty()) {
        perController.computeIfPresent(pod.controllerUid(), (_, n) -> n == 1 ? null : n - 1);
      }
    }
  }

  public NodeInfo copy() {
    NodeInfo out = new NodeInfo();
    out.setNode(node);
    pods.values().forEach(out::add);
    return out;
  }
}
