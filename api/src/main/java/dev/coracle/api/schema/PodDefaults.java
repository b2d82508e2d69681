package dev.coracle.api.schema;

import static dev.coracle.api.schema.BuiltInDefaults.absent;
import static dev.coracle.api.schema.BuiltInDefaults.put;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.PodRequests;

/** The defaults of a Pod and its parts that depend on other fields. */
final class PodDefaults {

  private PodDefaults() {}

  /** What only a Pod gets, and not a template: requests from limits, service links. */
  static void pod(ObjectNode pod) {
    if (!(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    put(spec, "enableServiceLinks", Json.NODES.booleanNode(true));
    boolean hostNetwork = spec.path("hostNetwork").asBoolean();
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : spec.path(list)) {
        if (container instanceof ObjectNode c) {
          requests(c);
          if (hostNetwork) {
            hostPorts(c);
          }
        }
      }
    }
    podRequests(spec);
  }

  /** The pod as a whole asks for what its containers do together, else for its limits. */
  private static void podRequests(ObjectNode spec) {
    if (spec.get("resources") instanceof ObjectNode resources && !resources.isEmpty()) {
      ObjectNode requests = resources.withObjectProperty("requests");
      PodRequests.ofContainers(spec, "requests")
          .forEach((name, amount) -> {
            if (PodRequests.isOfPods(name)) {
              put(requests, name, Json.NODES.textNode(amount.toString()));
            }
          });
      resources
          .path("limits")
          .forEachEntry((name, value) -> {
            if (PodRequests.isOfPods(name)) {
              put(requests, name, value);
            }
          });
      if (requests.isEmpty()) {
        resources.remove("requests");
      }
    }
  }

  /** A limit is also the request where none is given. */
  private static void requests(ObjectNode owner) {
    if (owner.get("resources") instanceof ObjectNode resources
        && resources.get("limits") instanceof ObjectNode limits
        && !limits.isEmpty()) {
      ObjectNode requests = resources.withObjectProperty("requests");
      limits.forEachEntry((name, value) -> put(requests, name, value));
    }
  }

  private static void hostPorts(ObjectNode container) {
    for (JsonNode port : container.path("ports")) {
      if (port instanceof ObjectNode p && p.path("hostPort").asInt(0) == 0) {
        p.set("hostPort", p.path("containerPort"));
      }
    }
  }

  static void spec(ObjectNode spec) {
    if (!absent(spec, "serviceAccountName")) {
      spec.set("serviceAccount", spec.get("serviceAccountName"));
    } else if (!absent(spec, "serviceAccount")) {
      spec.set("serviceAccountName", spec.get("serviceAccount"));
    }
    if (spec.path("hostNetwork").asBoolean()) {
      spec.path("containers").forEach(c -> hostPortsOf(c));
      spec.path("initContainers").forEach(c -> hostPortsOf(c));
    }
  }

  private static void hostPortsOf(JsonNode container) {
    if (container instanceof ObjectNode c) {
      hostPorts(c);
    }
  }

  static void container(ObjectNode container) {
    if (absent(container, "imagePullPolicy")) {
      String image = container.path("image").asText("");
      container.put("imagePullPolicy", isLatest(image) ? "Always" : "IfNotPresent");
    }
  }

  /** An image without tag and digest is the latest. */
  static boolean isLatest(String image) {
    if (image.isEmpty()) {
      return false;
    }
    int at = image.indexOf('@');
    String name = at < 0 ? image : image.substring(0, at);
    int colon = name.indexOf(':', name.lastIndexOf('/') + 1);
    return colon < 0 ? at < 0 : name.substring(colon + 1).equals("latest");
  }

  /** A volume without a source is an empty directory. */
  static void volume(ObjectNode volume) {
    if (volume.size() == 1 && volume.has("name")) {
      volume.putObject("emptyDir");
    }
  }
}
