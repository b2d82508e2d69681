package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The record of who owns which field, read from and written to {@code metadata.managedFields}
 * (KEP-555). Mutable, confined to one thread.
 */
final class ManagedFields {

  /** Upstream's limit of managers that only update; older ones are merged beyond it. */
  private static final int MAX_UPDATERS = 10;

  private static final String OLD_UPDATERS = "ancient-changes";

  /** Who a set of fields belongs to. An applier is the same whatever version it applies in. */
  record Id(String manager, boolean apply, String apiVersion, String subresource) {
    /** As conflicts name it. */
    String display() {
      String name = Json.NODES.textNode(manager).toString();
      if (!subresource.isEmpty()) {
        name += " with subresource " + Json.NODES.textNode(subresource);
      }
      return apply ? name : name + " using " + apiVersion;
    }
  }

  /** The fields of one manager. */
  record Entry(OwnedFields fields, String apiVersion, String time) {
    Entry(FieldSet fields, String apiVersion, String time) {
      this(OwnedFields.of(fields), apiVersion, time);
    }

    Entry withFields(OwnedFields newFields) {
      return newFields == fields ? this : new Entry(newFields, apiVersion, time);
    }
  }

  final Map<Id, Entry> entries = new LinkedHashMap<>();

  static Id id(String manager, boolean apply, String apiVersion, String subresource) {
    return new Id(manager, apply, apply ? "" : apiVersion, subresource);
  }

  static ManagedFields of(JsonNode list) {
    ManagedFields out = new ManagedFields();
    for (JsonNode node : list) {
      String operation = node.path("operation").asText("");
      if (node.path("fieldsType").asText("FieldsV1").equals("FieldsV1") && !operation.isEmpty()) {
        String version = node.path("apiVersion").asText("");
        Id id =
            id(
                node.path("manager").asText(""),
                operation.equals("Apply"),
                version,
                node.path("subresource").asText(""));
        out.entries.put(
            id,
            new Entry(
                OwnedFields.of(node.path("fieldsV1")), version, node.path("time").asText("")));
      }
    }
    return out;
  }

  /** {@code managedFields: [{}]} asks to forget all managers. */
  static boolean isReset(JsonNode list) {
    return list.size() == 1 && list.get(0).isObject() && list.get(0).isEmpty();
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Many updaters would make the object grow: the oldest become one per version. */
  void cap() {
    if (entries.size() <= MAX_UPDATERS) {
      return;
    }
    List<Map.Entry<Id, Entry>> updaters =
        new ArrayList<>(
            entries.entrySet().stream()
                .filter(e -> !e.getKey().apply() && e.getKey().subresource().isEmpty())
                .toList());
    int excess = updaters.size() - MAX_UPDATERS;
    if (excess <= 0) {
      return;
    }
    updaters.sort(Comparator.comparing(e -> e.getValue().time()));
    for (Map.Entry<Id, Entry> old : updaters.subList(0, Math.min(excess + 1, updaters.size()))) {
      entries.remove(old.getKey());
      Id bucket = id(OLD_UPDATERS, false, old.getKey().apiVersion(), "");
      entries.merge(
          bucket,
          old.getValue(),
          (x, y) ->
              new Entry(
                  x.fields().union(y.fields().set()),
                  x.apiVersion(),
                  x.time().compareTo(y.time()) > 0 ? x.time() : y.time()));
    }
  }

  ArrayNode toJson() {
    ArrayNode out = Json.array();
    entries.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<Id, Entry>>comparingInt(e -> e.getKey().apply() ? 0 : 1)
                .thenComparing(e -> e.getValue().time())
                .thenComparing(e -> e.getKey().manager())
                .thenComparing(e -> e.getValue().apiVersion())
                .thenComparing(e -> e.getKey().subresource()))
        .forEach(e -> {
          ObjectNode node = out.addObject();
          node.put("manager", e.getKey().manager());
          node.put("operation", e.getKey().apply() ? "Apply" : "Update");
          node.put("apiVersion", e.getValue().apiVersion());
          if (!e.getValue().time().isEmpty()) {
            node.put("time", e.getValue().time());
          }
          node.put("fieldsType", "FieldsV1");
          node.set("fieldsV1", e.getValue().fields().toJson());
          if (!e.getKey().subresource().isEmpty()) {
            node.put("subresource", e.getKey().subresource());
          }
        });
    return out;
  }

  static String time(Instant now) {
    return Timestamps.time(now);
  }
}
