package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The parameters of paths and queries. */
final class OpenApiParameters {

  private static final Set<String> METHODS =
      Set.of("get", "post", "put", "patch", "delete", "head", "options");

  private OpenApiParameters() {}

  /** Of the query of a subresource, beside those of its action. */
  static List<String> ofSubresource(String subresource) {
    return switch (subresource) {
      case "exec" -> List.of("command", "container", "stderr", "stdin", "stdout", "tty");
      case "attach" -> List.of("container", "stderr", "stdin", "stdout", "tty");
      case "portforward" -> List.of("ports");
      case "proxy" -> List.of("path");
      case "log" ->
          List.of(
              "container",
              "follow",
              "insecureSkipTLSVerifyBackend",
              "limitBytes",
              "previous",
              "sinceSeconds",
              "stream",
              "tailLines",
              "timestamps");
      default -> List.of();
    };
  }

  static ObjectNode query(OpenApiVersion version, String name) {
    String type =
        switch (name) {
          case "allowWatchBookmarks",
              "follow",
              "force",
              "insecureSkipTLSVerifyBackend",
              "orphanDependents",
              "previous",
              "sendInitialEvents",
              "stderr",
              "stdin",
              "stdout",
              "timestamps",
              "tty",
              "watch" ->
              "boolean";
          case "gracePeriodSeconds",
              "limit",
              "limitBytes",
              "ports",
              "sinceSeconds",
              "tailLines",
              "timeoutSeconds" ->
              "integer";
          default -> "string";
        };
    return typed(version, Json.object().put("name", name).put("in", "query"), type);
  }

  static ObjectNode path(OpenApiVersion version, String name) {
    ObjectNode parameter = Json.object().put("name", name).put("in", "path").put("required", true);
    return typed(version, parameter, "string");
  }

  private static ObjectNode typed(OpenApiVersion version, ObjectNode parameter, String type) {
    ObjectNode at = version == OpenApiVersion.V3 ? parameter.putObject("schema") : parameter;
    at.put("type", type).put("uniqueItems", true);
    return parameter;
  }

  /**
   * Says at the path, once, what all its operations have, as Kubernetes' documents do, after the
   * parameters of the path itself.
   */
  static void gather(ObjectNode path, List<ObjectNode> ofPath) {
    List<ArrayNode> lists = new ArrayList<>();
    path.forEachEntry((method, operation) -> {
      if (METHODS.contains(method) && operation.get("parameters") instanceof ArrayNode list) {
        lists.add(list);
      }
    });
    ArrayNode common = Json.array();
    ofPath.forEach(common::add);
    if (!lists.isEmpty()) {
      for (JsonNode parameter : List.copyOf(lists.getFirst().valueStream().toList())) {
        boolean everywhere =
            !parameter.path("in").asText().equals("body")
                && lists.stream().allMatch(l -> l.valueStream().anyMatch(parameter::equals));
        if (everywhere) {
          common.add(parameter);
          lists.forEach(l -> l.removeIf(parameter::equals));
        }
      }
    }
    path.forEachEntry((_, operation) -> {
      if (operation instanceof ObjectNode o && o.path("parameters").isEmpty()) {
        o.remove("parameters");
      }
    });
    if (!common.isEmpty()) {
      path.set("parameters", common);
    }
  }
}
