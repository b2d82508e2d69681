package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.HashMap;
import java.util.Map;

/**
 * What another server has in one version, as aggregated discovery tells it: from its own such
 * document, or made of its {@code APIResourceList}. Of what it answers nothing is taken for
 * granted.
 */
final class DiscoveredVersion {

  private static final String[] LISTS = {"verbs", "shortNames", "categories"};

  private DiscoveredVersion() {}

  /**
   * @param resources an {@code APIResourceList}
   * @param all an {@code APIGroupDiscoveryList}, where the server has one
   */
  static ObjectNode of(String group, String version, JsonNode resources, JsonNode all) {
    for (JsonNode item : all.path("items")) {
      if (item.path("metadata").path("name").asText("").equals(group)) {
        for (JsonNode found : item.path("versions")) {
          if (found.path("version").asText("").equals(version) && found instanceof ObjectNode own) {
            return own;
          }
        }
      }
    }
    return aggregated(version, resources.path("resources"));
  }

  private static ObjectNode aggregated(String version, JsonNode list) {
    ObjectNode out = Json.object().put("version", version);
    ArrayNode resources = out.putArray("resources");
    Map<String, ObjectNode> byName = new HashMap<>();
    for (JsonNode r : list) {
      String name = r.path("name").asText("");
      if (name.indexOf('/') < 0) {
        ObjectNode node = resources.addObject().put("resource", name);
        node.set("responseKind", kind(r));
        node.put("scope", r.path("namespaced").asBoolean() ? "Namespaced" : "Cluster");
        node.put("singularResource", r.path("singularName").asText(""));
        for (String field : LISTS) {
          if (r.path(field).isArray()) {
            node.set(field, r.get(field));
          }
        }
        byName.putIfAbsent(name, node);
      }
    }
    for (JsonNode s : list) {
      String name = s.path("name").asText("");
      int slash = name.indexOf('/');
      ObjectNode parent = slash < 0 ? null : byName.get(name.substring(0, slash));
      if (parent != null) {
        ObjectNode child = parent.withArrayProperty("subresources").addObject();
        child.put("subresource", name.substring(slash + 1));
        child.set("responseKind", kind(s));
        if (s.path("verbs").isArray()) {
          child.set("verbs", s.get("verbs"));
        }
      }
    }
    return out.put("freshness", "Current");
  }

  private static ObjectNode kind(JsonNode resource) {
    return Json.object()
        .put("group", resource.path("group").asText(""))
        .put("version", resource.path("version").asText(""))
        .put("kind", resource.path("kind").asText(""));
  }
}
