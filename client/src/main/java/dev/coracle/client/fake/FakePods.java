package dev.coracle.client.fake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Clock;

/** What the server does with pods alone: it binds them, and ends them with grace. */
final class FakePods {
  private final FakeObjects objects;
  private final Clock clock;

  FakePods(FakeObjects objects, Clock clock) {
    this.objects = objects;
    this.clock = clock;
  }

  KubeObject bind(GroupVersionResource resource, KubeObject pod, KubeObject binding) {
    if (!pod.text("spec", "nodeName").isEmpty()) {
      throw StatusException.conflict(
          resource.groupResource(),
          pod.name(),
          "pod "
              + pod.name()
              + " is already assigned to node \""
              + pod.text("spec", "nodeName")
              + "\"");
    }
    if (pod.isDeleting()) {
      throw StatusException.conflict(
          resource.groupResource(),
          pod.name(),
          "pod " + pod.name() + " is being deleted, cannot be assigned to a host");
    }
    ObjectNode node = pod.edit();
    node.withObjectProperty("spec").put("nodeName", binding.text("target", "name"));
    node.withObjectProperty("metadata")
        .withObjectProperty("annotations")
        .setAll((ObjectNode) merged(binding.at("metadata", "annotations")));
    if (node.path("metadata").path("annotations").isEmpty()) {
      node.withObjectProperty("metadata").remove("annotations");
    }
    ArrayNode conditions = node.withObjectProperty("status").withArrayProperty("conditions");
    JsonNode now = Json.NODES.textNode(Timestamps.time(clock.instant()));
    ObjectNode scheduled = Json.object().put("type", "PodScheduled").put("status", "True");
    scheduled.set("lastTransitionTime", now);
    for (int i = conditions.size() - 1; i >= 0; i--) {
      if (conditions.get(i).path("type").asText().equals("PodScheduled")) {
        conditions.remove(i);
      }
    }
    conditions.add(scheduled);
    objects.stamp(node, pod);
    objects.store(resource, pod, KubeObject.of(node));
    return FakeObjects.success(resource, pod);
  }

  private static JsonNode merged(JsonNode annotations) {
    return annotations.isObject() ? annotations.deepCopy() : Json.object();
  }

  /** Seconds between a pod's deletion and its end. */
  static long grace(KubeObject pod, DeleteOptions options) {
    boolean bound = !pod.text("spec", "nodeName").isEmpty();
    String phase = pod.text("status", "phase");
    if (!bound || phase.equals("Succeeded") || phase.equals("Failed")) {
      return 0;
    }
    return options.gracePeriodSeconds() >= 0
        ? options.gracePeriodSeconds()
        : pod.at("spec", "terminationGracePeriodSeconds").asLong(30);
  }
}
