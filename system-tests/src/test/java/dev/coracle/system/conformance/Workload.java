package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Workloads of pods that sleep, with the label {@code app}. */
final class Workload {

  private Workload() {}

  static ObjectNode deployment(String name, int replicas) {
    return of("apps/v1", "Deployment", name, replicas);
  }

  static ObjectNode replicaSet(String name, int replicas) {
    return of("apps/v1", "ReplicaSet", name, replicas);
  }

  static ObjectNode statefulSet(String name, int replicas) {
    ObjectNode set = of("apps/v1", "StatefulSet", name, replicas);
    ((ObjectNode) set.get("spec")).put("serviceName", "test");
    return set;
  }

  static ObjectNode daemonSet(String name) {
    ObjectNode set = of("apps/v1", "DaemonSet", name, 1);
    ((ObjectNode) set.get("spec")).remove("replicas");
    return set;
  }

  static ObjectNode replicationController(String name, int replicas) {
    ObjectNode rc = of("v1", "ReplicationController", name, replicas);
    ((ObjectNode) rc.get("spec")).set("selector", Manifest.parse("{app: %s}".formatted(name)));
    return rc;
  }

  private static ObjectNode of(String apiVersion, String kind, String name, int replicas) {
    return Manifest.parse(
        """
        apiVersion: %s
        kind: %s
        metadata: {name: %s, labels: {app: %3$s}}
        spec:
          replicas: %d
          selector: {matchLabels: {app: %3$s}}
          template:
            metadata: {labels: {app: %3$s}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $IMAGE, command: [sleep, "3600"]}]
        """
            .formatted(apiVersion, kind, name, replicas));
  }

  /** Pods of this label that are not on their way out. */
  static List<JsonNode> alive(List<JsonNode> pods) {
    return pods.stream().filter(p -> !p.path("metadata").has("deletionTimestamp")).toList();
  }

  static List<JsonNode> awaitReady(Space space, String app, int count) {
    return alive(
        space.awaitList(
            "pods",
            "app=" + app,
            count + " and ready",
            pods -> {
              List<JsonNode> alive = alive(pods);
              return alive.size() == count && alive.stream().allMatch(Space::isReady);
            }));
  }

  static boolean isOwnedBy(JsonNode object, JsonNode owner) {
    for (JsonNode reference : object.at("/metadata/ownerReferences")) {
      if (reference.path("controller").asBoolean()
          && reference.path("uid").equals(owner.at("/metadata/uid"))) {
        return true;
      }
    }
    return false;
  }

  /** The spec of the pods' only container. */
  static ObjectNode container(JsonNode workload) {
    return (ObjectNode) workload.at("/spec/template/spec/containers/0");
  }

  /** Makes the pods of a workload others, in a way that does them no harm. */
  static void change(JsonNode workload, String value) {
    ObjectNode env = container(workload).putArray("env").addObject();
    env.put("name", "VERSION").put("value", value);
  }

  static String version(JsonNode pod) {
    return pod.at("/spec/containers/0/env/0/value").asText();
  }
}
