package dev.coracle.metrics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import java.util.List;
import java.util.Map;

/**
 * The kinds of {@code metrics.k8s.io/v1beta1} as a Scheme wants them: read-only, with the printer
 * columns of upstream. They are in no OpenAPI document of Kubernetes, so they are declared here, in
 * the words of a CustomResourceDefinition.
 */
public final class ResourceMetricsKinds {

  private static final List<String> VERBS = List.of("get", "list");

  private ResourceMetricsKinds() {}

  /** What to put into the scheme of the API server that serves a {@link MetricsServer}. */
  public static Map<GroupResource, List<ResourceDefinition>> definitions() {
    return Map.of(
        MetricsServer.NODES.groupResource(),
        readOnly(
            definition(
                "Cluster",
                "nodes",
                "NodeMetrics",
                "\"usage\": {\"type\": \"object\", \"additionalProperties\": QUANTITY}",
                "Cpu",
                ".usage.cpu",
                "Memory",
                ".usage.memory",
                "Window",
                ".window")),
        MetricsServer.PODS.groupResource(),
        readOnly(
            definition(
                "Namespaced",
                "pods",
                "PodMetrics",
                """
                "containers": {"type": "array", "items": {"type": "object", "properties": {
                "name": {"type": "string"},
                "usage": {"type": "object", "additionalProperties": QUANTITY}}}}\
                """,
                "Cpu",
                ".containers[*].usage.cpu",
                "Memory",
                ".containers[*].usage.memory",
                "Window",
                ".window")));
  }

  private static ObjectNode definition(
      String scope, String plural, String kind, String properties, String... columns) {
    ObjectNode definition =
        Json.parseObject(
            """
            {"spec": {"group": "metrics.k8s.io", "scope": "%s",
             "names": {"plural": "%s", "singular": "", "kind": "%s", "listKind": "%sList"},
             "versions": [{"name": "v1beta1", "served": true, "storage": true,
              "schema": {"openAPIV3Schema": {"type": "object", "properties": {
               "timestamp": {"type": "string", "format": "date-time"},
               "window": {"type": "string"},
               %s}}}}]}}\
            """
                .formatted(
                    scope,
                    plural,
                    kind,
                    kind,
                    properties.replace("QUANTITY", "{\"x-kubernetes-int-or-string\": true}")));
    ArrayNode printed =
        ((ObjectNode) definition.at("/spec/versions/0")).putArray("additionalPrinterColumns");
    for (int i = 0; i < columns.length; i += 2) {
      printed
          .addObject()
          .put("name", columns[i])
          .put("type", "string")
          .put("jsonPath", columns[i + 1]);
    }
    return definition;
  }

  private static List<ResourceDefinition> readOnly(ObjectNode definition) {
    return CustomResources.definitions(definition).stream()
        .map(r ->
            new ResourceDefinition(
                r.gvr(),
                r.kind(),
                r.listKind(),
                r.singular(),
                r.namespaced(),
                VERBS,
                r.shortNames(),
                r.categories(),
                r.subresources(),
                r.storage(),
                r.schema(),
                r.custom()))
        .toList();
  }
}
