package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

/** HorizontalPodAutoscalers, with the metrics' current and wanted values in one cell. */
final class AutoscalerPrinter implements Printer {

  private static final List<Column> COLUMNS =
      List.of(
          Column.NAME,
          Column.of("Reference"),
          Column.of("Targets"),
          Column.of("MinPods"),
          Column.of("MaxPods"),
          Column.of("Replicas"),
          Column.AGE);

  @Override
  public List<Column> columns() {
    return COLUMNS;
  }

  @Override
  public List<Object> cells(KubeObject o, Ages ages) {
    JsonNode target = o.at("spec", "scaleTargetRef");
    JsonNode min = o.at("spec", "minReplicas");
    return List.of(
        o.name(),
        target.path("kind").asText("") + "/" + target.path("name").asText(""),
        targets(o),
        min.isNumber() ? min.asText() : "<unset>",
        Cells.count(o, "spec", "maxReplicas"),
        Cells.count(o, "status", "currentReplicas"),
        ages.of(o));
  }

  private static String targets(KubeObject o) {
    if (o.at("spec", "targetCPUUtilizationPercentage").isNumber()) {
      JsonNode now = o.at("status", "currentCPUUtilizationPercentage");
      return "cpu: "
          + (now.isNumber() ? now.asText() + "%" : "<unknown>")
          + "/"
          + o.at("spec", "targetCPUUtilizationPercentage").asText()
          + "%";
    }
    JsonNode specs = o.at("spec", "metrics");
    JsonNode statuses = o.at("status", "currentMetrics");
    if (specs.isEmpty()) {
      return "<none>";
    }
    List<String> out = new ArrayList<>();
    for (int i = 0; i < specs.size() && out.size() < 2; i++) {
      out.add(one(specs.get(i), i < statuses.size() ? statuses.get(i) : o.at("no", "status")));
    }
    String text = String.join(", ", out);
    return specs.size() > 2 ? text + " + " + (specs.size() - 2) + " more..." : text;
  }

  private static String one(JsonNode spec, JsonNode status) {
    String field =
        switch (spec.path("type").asText("")) {
          case "Resource" -> "resource";
          case "ContainerResource" -> "containerResource";
          case "Pods" -> "pods";
          case "Object" -> "object";
          default -> "external";
        };
    JsonNode target = spec.path(field).path("target");
    JsonNode current = status.path(field).path("current");
    String name =
        field.equals("resource") || field.equals("containerResource")
            ? spec.path(field).path("name").asText("") + ": "
            : "";
    if (target.path("averageUtilization").isNumber()) {
      JsonNode now = current.path("averageUtilization");
      return name
          + (now.isNumber() ? now.asText() + "%" : "<unknown>")
          + "/"
          + target.path("averageUtilization").asText()
          + "%";
    }
    boolean average = target.hasNonNull("averageValue");
    if (!average && !name.isEmpty()) {
      return name + "<unknown>/<auto>";
    }
    String want = target.path(average ? "averageValue" : "value").asText("");
    String now = current.path(average ? "averageValue" : "value").asText("<unknown>");
    boolean either = field.equals("object") || field.equals("external");
    return name + now + "/" + want + (average && either ? " (avg)" : "");
  }
}
