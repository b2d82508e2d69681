package dev.coracle.scheduler.spi;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The nodes and pods a decision is based on; preemption looks at one in which a node differs.
 *
 * @param namespaceLabels the labels of a namespace, empty where it is not known
 */
public record ClusterView(
    Map<String, NodeInfo> byName, Function<String, Map<String, String>> namespaceLabels) {

  public Collection<NodeInfo> nodes() {
    return byName.values();
  }

  public ClusterView with(NodeInfo instead) {
    Map<String, NodeInfo> nodes = new LinkedHashMap<>(byName);
    nodes.put(instead.name(), instead);
    return new ClusterView(nodes, namespaceLabels);
  }
}
