package dev.coracle.scheduler.internal.cache;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.PodCounts;
import dev.coracle.scheduler.spi.PodInfo;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is on every node: pods the API shows there, and pods the scheduler has just given a node
 * (assumed) and whose binding the API has not shown yet. Also which waiting pods are nominated to
 * nodes that are being made free for them. Owned by the scheduler's context.
 */
public final class SchedulerCache {

  private final Map<String, NodeInfo> nodes = new LinkedHashMap<>();
  private final Map<String, NodeInfo> byPod = new HashMap<>();
  private final Map<String, PodInfo> assumed = new HashMap<>();
  private final Map<String, String> nominations = new HashMap<>();
  private final Map<String, PodInfo> nominated = new HashMap<>();
  private final Map<String, Integer> nodesWithImage = new HashMap<>();
  private final Map<String, Integer> nodesWithLabel = new HashMap<>();
  private final PodCounts pods = new PodCounts();
  private int slots;
  private @Nullable ClusterView view;
  private final Function<String, Map<String, String>> namespaceLabels;

  public SchedulerCache(Function<String, Map<String, String>> namespaceLabels) {
    this.namespaceLabels = namespaceLabels;
  }

  /** Under upstream's name; the sizes are read from any thread and may be a moment old. */
  public void measure(MeterRegistry registry) {
    Map.of("nodes", nodes, "pods", byPod, "assumed_pods", assumed)
        .forEach((type, of) ->
            Gauge.builder("scheduler_cache_size", of, Map::size)
                .description("Nodes, pods and assumed pods in the scheduler's cache")
                .tag("type", type)
                .register(registry));
  }

  public void putNode(KubeObject node) {
    NodeInfo info = info(node.name());
    if (!info.hasNode()) {
      view = null; // Known ones change in place.
    }
    setNode(info, node);
  }

  public void removeNode(String name) {
    NodeInfo info = nodes.get(name);
    if (info != null) {
      setNode(info, null);
      drop(name, info);
      view = null;
    }
  }

  private void setNode(NodeInfo info, @Nullable KubeObject now) {
    less(nodesWithImage, info.imageNames());
    less(nodesWithLabel, info.labelNames());
    info.setNode(now);
    info.imageNames().forEach(image -> nodesWithImage.merge(image, 1, Integer::sum));
    info.labelNames().forEach(label -> nodesWithLabel.merge(label, 1, Integer::sum));
  }

  private static void less(Map<String, Integer> counts, Set<String> names) {
    names.forEach(name -> counts.computeIfPresent(name, (_, n) -> n == 1 ? null : n - 1));
  }

  private NodeInfo info(String name) {
    return nodes.computeIfAbsent(name, _ -> new NodeInfo(slots++, pods));
  }

  private void drop(String name, NodeInfo info) {
    if (!info.hasNode() && info.pods().isEmpty()) {
      nodes.remove(name);
    }
  }

  /** A pod as the API shows it on its node; it is no longer only assumed. */
  public void putPod(PodInfo pod) {
    assumed.remove(pod.uid());
    place(pod, pod.nodeName());
  }

  /** Counts the pod on the node until the API shows it or it is forgotten. */
  public void assume(PodInfo pod, String node) {
    assumed.put(pod.uid(), pod);
    place(pod, node);
  }

  public boolean isAssumed(String uid) {
    return assumed.containsKey(uid);
  }

  private void place(PodInfo pod, String node) {
    NodeInfo on = info(node);
    NodeInfo before = byPod.put(pod.uid(), on);
    if (before != null && before != on) {
      before.remove(pod.uid());
    }
    on.add(pod);
  }

  public void removePod(String uid) {
    assumed.remove(uid);
    NodeInfo on = byPod.remove(uid);
    if (on != null) {
      on.remove(uid);
      if (!on.hasNode()) {
        nodes.values().removeIf(n -> !n.hasNode() && n.pods().isEmpty());
      }
    }
  }

  public void nominate(PodInfo pod, String node) {
    nominations.put(pod.uid(), node);
    nominated.put(pod.uid(), pod);
  }

  public void unnominate(String uid) {
    nominations.remove(uid);
    nominated.remove(uid);
  }

  public @Nullable String nomination(String uid) {
    return nominations.get(uid);
  }

  /** The other pods nominated to this node that the pod must leave room for. */
  public List<PodInfo> nominatedTo(String node, PodInfo except) {
    if (nominations.isEmpty()) {
      return List.of();
    }
    return nominated.values().stream()
        .filter(p -> node.equals(nominations.get(p.uid())))
        .filter(p -> !p.uid().equals(except.uid()) && p.priority() >= except.priority())
        .toList();
  }

  /** The less important pods that wait for this node. */
  public List<PodInfo> lesserNominatedTo(String node, PodInfo than) {
    return nominated.values().stream()
        .filter(p -> node.equals(nominations.get(p.uid())) && p.priority() < than.priority())
        .toList();
  }

  /** The nodes that are known, without copying. */
  public ClusterView view() {
    ClusterView current = view;
    if (current == null) {
      Map<String, NodeInfo> known = new LinkedHashMap<>();
      nodes.forEach((name, info) -> {
        if (info.hasNode()) {
          known.put(name, info);
        }
      });
      current =
          new ClusterView(
              known,
              image -> nodesWithImage.getOrDefault(image, 0),
              label -> nodesWithLabel.getOrDefault(label, 0),
              namespaceLabels,
              pods);
      view = current;
    }
    return current;
  }
}
