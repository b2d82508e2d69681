package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The resources this node has promised to each container of a pod (KEP-1287), and to the pod as a
 * whole (KEP-5419). They differ from the spec's while a resize cannot be had yet. Immutable.
 *
 * @param resources requests and limits by container name
 * @param whole requests and limits of the pod; empty where it has none of its own
 */
public record Allocation(Map<String, JsonNode> resources, JsonNode whole) {
  public Allocation {
    resources = Map.copyOf(resources);
  }

  /** What the spec asks for. */
  public static Allocation of(Pod pod) {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    for (List<ContainerSpec> list : List.of(pod.initContainers(), pod.containers())) {
      list.forEach(c -> all.put(c.name(), resources(c)));
    }
    return new Allocation(all, whole(pod));
  }

  static JsonNode whole(Pod pod) {
    JsonNode node = pod.spec().path("resources");
    return node.isObject() ? node : Json.object();
  }

  static JsonNode resources(ContainerSpec container) {
    JsonNode node = container.node().path("resources");
    return node.isObject() ? node : Json.object();
  }

  /** The limits of the pod as a whole that hold a container, having none of its own. */
  static ObjectNode inherited(Pod pod, ContainerSpec container) {
    ObjectNode out = Json.object();
    whole(pod)
        .path("limits")
        .properties()
        .forEach(limit -> {
          if (!container.limits().has(limit.getKey())) {
            out.set(limit.getKey(), limit.getValue());
          }
        });
    return out;
  }

  /** The pod with these resources; containers not named here keep their own. */
  public Pod on(Pod desired) {
    if (equals(of(desired))) {
      return desired;
    }
    return new Pod(
        desired
            .object()
            .with(tree -> {
              replace(tree.path("spec").path("initContainers"));
              replace(tree.path("spec").path("containers"));
              ObjectNode spec = (ObjectNode) tree.path("spec");
              spec.remove("resources");
              if (!whole.isEmpty()) {
                spec.set("resources", whole.deepCopy());
              }
            }));
  }

  private void replace(JsonNode containers) {
    for (JsonNode c : containers) {
      JsonNode mine = resources.get(c.path("name").asText(""));
      if (mine != null && c instanceof ObjectNode container) {
        container.set("resources", mine.deepCopy());
      }
    }
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    resources.forEach(node::set);
    return node;
  }

  static Allocation parse(JsonNode node, JsonNode whole) {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    node.properties().forEach(e -> all.put(e.getKey(), e.getValue()));
    return new Allocation(all, whole);
  }
}
