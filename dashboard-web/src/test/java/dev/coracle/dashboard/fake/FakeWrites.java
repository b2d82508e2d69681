package dev.coracle.dashboard.fake;

import static dev.coracle.dashboard.fake.FakeCluster.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Creates, updates and patches, with the refusals the dashboard must show well. */
final class FakeWrites {
  private FakeWrites() {}

  static ObjectNode create(FakeCluster cluster, FakePath path, String body, boolean dryRun)
      throws IOException {
    ObjectNode object = (ObjectNode) JSON.readTree(body);
    String name = object.at("/metadata/name").asText();
    check(object);
    if (cluster.get(path.kind(), path.namespace(), name) != null) {
      throw new FakeStatus(
          409, "AlreadyExists", path.kind().resource() + " \"" + name + "\" already exists");
    }
    return dryRun ? object : cluster.put(object);
  }

  static ObjectNode update(FakeCluster cluster, FakePath path, String body, boolean dryRun)
      throws IOException {
    ObjectNode object = (ObjectNode) JSON.readTree(body);
    ObjectNode old = require(cluster, path);
    check(object);
    String version = object.at("/metadata/resourceVersion").asText();
    if (!version.isEmpty() && !version.equals(old.at("/metadata/resourceVersion").asText())) {
      throw new FakeStatus(
          409,
          "Conflict",
          "Operation cannot be fulfilled on "
              + path.kind().resource()
              + " \""
              + path.name()
              + "\": the object has been modified; please apply your changes to the latest"
              + " version and try again");
    }
    return dryRun ? object : cluster.put(object);
  }

  /** Merge patches merge; of a JSON patch only "replace" is known. */
  static ObjectNode patch(FakeCluster cluster, FakePath path, String body, boolean dryRun)
      throws IOException {
    ObjectNode object = require(cluster, path);
    JsonNode patch = JSON.readTree(body);
    if (patch.isArray()) {
      for (JsonNode step : patch) {
        String pointer = step.path("path").asText();
        int at = pointer.lastIndexOf('/');
        ((ObjectNode) object.at(pointer.substring(0, at)))
            .set(pointer.substring(at + 1), step.get("value"));
      }
    } else {
      merge(object, patch);
    }
    return dryRun ? object : cluster.put(object);
  }

  private static void merge(ObjectNode into, JsonNode patch) {
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      if (field.getValue().isNull()) {
        into.remove(field.getKey());
      } else if (field.getValue().isObject()
          && into.get(field.getKey()) instanceof ObjectNode inner) {
        merge(inner, field.getValue());
      } else {
        into.set(field.getKey(), field.getValue());
      }
    }
  }

  private static ObjectNode require(FakeCluster cluster, FakePath path) {
    @Nullable ObjectNode old = cluster.get(path.kind(), path.namespace(), path.name());
    if (old == null) {
      throw new FakeStatus(404, "NotFound", path.name() + " not found");
    }
    return old;
  }

  private static void check(ObjectNode object) {
    if (object.at("/spec/replicas").asInt(0) < 0) {
      throw new FakeStatus(
          422,
          "Invalid",
          object.path("kind").asText()
              + " \""
              + object.at("/metadata/name").asText()
              + "\" is invalid",
          "spec.replicas: Invalid value: must be greater than or equal to 0");
    }
  }
}
