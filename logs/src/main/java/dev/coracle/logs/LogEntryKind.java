package dev.coracle.logs;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import java.util.List;
import java.util.Map;

/**
 * The kind {@code LogEntry} of {@code logs.coracle.dev/v1} as a Scheme wants it: read-only, in the
 * words of a CustomResourceDefinition.
 */
public final class LogEntryKind {

  public static final GroupVersionResource RESOURCE =
      new GroupVersionResource("logs.coracle.dev", "v1", "logentries");
  static final GroupVersionKind KIND = new GroupVersionKind("logs.coracle.dev", "v1", "LogEntry");

  private LogEntryKind() {}

  /** What to put into the scheme of the API server that serves {@link LogSearch}. */
  public static Map<GroupResource, List<ResourceDefinition>> definitions() {
    return Map.of(
        RESOURCE.groupResource(),
        CustomResources.definitions(
                Json.parseObject(
                    """
                    {"spec": {"group": "logs.coracle.dev", "scope": "Namespaced",
                     "names": {"plural": "logentries", "singular": "logentry", "kind": "LogEntry",
                      "listKind": "LogEntryList"},
                     "versions": [{"name": "v1", "served": true, "storage": true,
                      "additionalPrinterColumns": [
                       {"name": "Time", "type": "string", "jsonPath": ".time"},
                       {"name": "Pod", "type": "string", "jsonPath": ".pod"},
                       {"name": "Container", "type": "string", "jsonPath": ".container"},
                       {"name": "Message", "type": "string", "jsonPath": ".message"}],
                      "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                       "time": {"type": "string"}, "pod": {"type": "string"},
                       "podUID": {"type": "string"}, "container": {"type": "string"},
                       "node": {"type": "string"}, "output": {"type": "string"},
                       "message": {"type": "string"}}}}}]}}\
                    """))
            .stream()
            .map(LogEntryKind::readOnly)
            .toList());
  }

  private static ResourceDefinition readOnly(ResourceDefinition r) {
    return new ResourceDefinition(
        r.gvr(),
        r.kind(),
        r.listKind(),
        r.singular(),
        r.namespaced(),
        List.of("get", "list"),
        r.shortNames(),
        r.categories(),
        r.subresources(),
        r.storage(),
        r.schema(),
        r.custom());
  }
}
