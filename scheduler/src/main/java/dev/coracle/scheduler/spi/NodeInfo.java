package dev.coracle.scheduler.spi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.Toleration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node, the pods on it and their sums. Owned by the scheduler's context; preemption tries things
 * out on a {@link #copy()}.
 */
public final class NodeInfo {

  private final int slot;
  private final @Nullable PodCounts counts;
  private @Nullable KubeObject node;
  private String name = "";
  private boolean unschedulable;
  private Amounts allocatable = new Amounts();
  private List<Toleration.Taint> taints = List.of();
  private Map<String, Long> images = Map.of();
  private final Map<String, PodInfo> pods = new LinkedHashMap<>();
  private final Amounts requested = new Amounts();
  private final Amounts nonZeroRequested = new Amounts();
  private int antiAffine;
  private long question;
  private boolean wanted;
  private int affine;

  /**
   * @param slot the node's number in the tables of {@link PodCounts}, its alone while it exists
   * @param counts where its pods are counted beside those of the other nodes
   */
  public NodeInfo(int slot, PodCounts counts) {
    this(slot, counts, null);
  }

  private NodeInfo(int slot, @Nullable PodCounts counts, @Nullable KubeObject node) {
    this.slot = slot;
    this.counts = counts;
    setNode(node);
  }

  int slot() {
    return slot;
  }

  /** What decisions read of a node again and again is taken out of its tree here, once. */
  public final void setNode(@Nullable KubeObject now) {
    node = now;
    question = 0;
    name = now == null ? "" : now.name();
    unschedulable = now != null && now.at("spec", "unschedulable").asBoolean();
    taints = now == null ? List.of() : List.copyOf(Toleration.Taint.ofNode(now.tree()));
    images = now == null ? Map.of() : images(now);
    allocatable = now == null ? new Amounts() : Amounts.of(now.at("status", "allocatable"));
  }

  private static Map<String, Long> images(KubeObject node) {
    Map<String, Long> sizes = new HashMap<>();
    for (JsonNode image : node.at("status", "images")) {
      long size = image.path("sizeBytes").asLong(0);
      image.path("names").forEach(n -> sizes.put(n.asText(), size));
    }
    return sizes;
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
    return node == null ? node().name() : name;
  }

  public boolean isUnschedulable() {
    return unschedulable;
  }

  public List<Toleration.Taint> taints() {
    return taints;
  }

  /** The names of its labels. */
  public Set<String> labelNames() {
    return node == null ? Set.of() : node.labels().keySet();
  }

  /** The names of the images on the node. */
  public Set<String> imageNames() {
    return images.keySet();
  }

  /** The bytes of an image that is on the node, by this name of it; null where it is not. */
  public @Nullable Long imageBytes(String image) {
    return images.get(image);
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

  /**
   * Whether the pod wants this node, by its selector and required affinity. The answer is kept for
   * the next pod that asks the same question, until the node changes or another question is asked.
   *
   * @param asked numbers what is asked, from 1
   */
  public boolean isWantedBy(PodInfo pod, long asked) {
    if (question != asked) {
      wanted = pod.wantsNode(node());
      question = asked;
    }
    return wanted;
  }

  /** Whether some pod here has required anti-affinity, which newcomers must respect. */
  public boolean hasAntiAffinity() {
    return antiAffine > 0;
  }

  /** Whether some pod here has a wish or a demand about others that are near it. */
  public boolean hasAffinity() {
    return affine > 0;
  }

  /** Adds, or replaces the same pod's former state. */
  public void add(PodInfo pod) {
    remove(pod.uid());
    pods.put(pod.uid(), pod);
    requested.plus(pod.requests());
    nonZeroRequested.plus(pod.nonZeroRequests());
    antiAffine += pod.antiAffinity().isEmpty() ? 0 : 1;
    affine += pod.hasAffinity() ? 1 : 0;
    if (counts != null) {
      counts.add(slot, pod);
    }
  }

  public void remove(String uid) {
    PodInfo pod = pods.remove(uid);
    if (pod != null) {
      requested.minus(pod.requests());
      nonZeroRequested.minus(pod.nonZeroRequests());
      antiAffine -= pod.antiAffinity().isEmpty() ? 0 : 1;
      affine -= pod.hasAffinity() ? 1 : 0;
      if (counts != null) {
        counts.remove(slot, pod);
      }
    }
  }

  /** To try things out on; what comes and goes there counts nowhere else. */
  public NodeInfo copy() {
    NodeInfo out = new NodeInfo(slot, null, node);
    pods.values().forEach(out::add);
    return out;
  }
}
