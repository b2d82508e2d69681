package dev.coracle.logs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** How a kubelet is asked for its node's entries, and how it answers. */
final class NodeLogs {

  private static final String PATH = "/logs/entries";

  private NodeLogs() {}

  static String list(String namespace, ListOptions options) {
    return PATH
        + "?namespace="
        + encoded(namespace)
        + "&labelSelector="
        + encoded(options.labels().toString())
        + "&fieldSelector="
        + encoded(options.fields().toString())
        + "&limit="
        + options.limit()
        + "&continue="
        + encoded(options.continueToken());
  }

  static String get(String namespace, String name) {
    return PATH + "?namespace=" + encoded(namespace) + "&name=" + encoded(name);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  static ListOptions options(UnaryOperator<String> parameters) {
    String limit = parameters.apply("limit");
    try {
      return ListOptions.ALL
          .withLabels(LabelSelector.parse(parameters.apply("labelSelector")))
          .withFields(FieldSelector.parse(parameters.apply("fieldSelector")))
          .withLimit(limit.isEmpty() ? 0 : Long.parseLong(limit), parameters.apply("continue"));
    } catch (NumberFormatException e) {
      throw StatusException.badRequest("limit=" + limit + " is no number");
    }
  }

  static ObjectNode encode(String continueToken, List<KubeObject> items) {
    ObjectNode list = Json.object();
    list.put("kind", LogEntryKind.KIND.kind() + "List")
        .put("apiVersion", LogEntryKind.KIND.apiVersion());
    list.putObject("metadata").put("continue", continueToken);
    ArrayNode all = list.putArray("items");
    items.forEach(item -> all.add(item.tree()));
    return list;
  }

  /**
   * @throws RuntimeException for what is no such list
   */
  static KubeList decode(String text) {
    JsonNode list = Json.parseObject(text);
    List<KubeObject> items = new ArrayList<>();
    for (JsonNode item : list.path("items")) {
      items.add(KubeObject.of((ObjectNode) item));
    }
    return new KubeList("1", list.path("metadata").path("continue").asText(), -1, items);
  }
}
