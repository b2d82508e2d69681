package dev.coracle.scheduler.spi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The nodes and pods a decision is based on; preemption looks at one in which a node has fewer
 * pods, which {@code pods} counts all the same.
 *
 * @param nodes those of the map, in its order
 * @param nodesWithImage on how many nodes an image is, by this name of it
 * @param nodesWithLabel how many nodes have a label of this name
 * @param namespaceLabels the labels of a namespace, empty where it is not known
 * @param pods sums over the pods of all nodes
 */
public record ClusterView(
    Map<String, NodeInfo> byName,
    List<NodeInfo> nodes,
    ToIntFunction<String> nodesWithImage,
    ToIntFunction<String> nodesWithLabel,
    Function<String, Map<String, String>> namespaceLabels,
    PodCounts pods) {

  public ClusterView(
      Map<String, NodeInfo> byName,
      ToIntFunction<String> nodesWithImage,
      ToIntFunction<String> nodesWithLabel,
      Function<String, Map<String, String>> namespaceLabels,
      PodCounts pods) {
    this(
        byName,
        List.copyOf(byName.values()),
        nodesWithImage,
        nodesWithLabel,
        namespaceLabels,
        pods);
  }

  public ClusterView with(NodeInfo instead) {
    Map<String, NodeInfo> changed = new LinkedHashMap<>(byName);
    changed.put(instead.name(), instead);
    return new ClusterView(changed, nodesWithImage, nodesWithLabel, namespaceLabels, pods);
  }
}
