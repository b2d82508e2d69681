package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    // By hand (ADR 0280).
    @Override
    public boolean equals(@Nullable Object other) {
      return other == this
          || other instanceof Id o
              && manager.equals(o.manager)
              && subresource.equals(o.subresource)
              && apply == o.apply
              && apiVersion.equals(o.apiVersion);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * manager.hashCode() + subresource.hashCode())
          + (apply ? 1 : apiVersion.hashCode());
    }

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

  /** Of a record as it is stored, or as somebody wrote it; empty where it is none. */
  static ManagedFields of(JsonNode list) {
    try {
      return read(list);
    } catch (IllegalArgumentException e) {
      return new ManagedFields();
    }
  }

  private static ManagedFields read(JsonNode list) {
    ManagedFields out = new ManagedFields();
    int index = 0;
    for (JsonNode node : list) {
      check(node, index++);
      String version = node.path("apiVersion").asText();
      Id id =
          id(
              node.path("manager").asText(""),
              node.path("operation").asText().equals("Apply"),
              version,
              node.path("subresource").asText(""));
      out.entries.put(
          id, new Entry(owned(node.path("fieldsV1")), version, node.path("time").asText("")));
    }
    return out;
  }

  private static OwnedFields owned(JsonNode fieldsV1) {
    try {
      return OwnedFields.of(fieldsV1);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("error decoding set: " + e.getMessage(), e);
    }
  }

  /** Why a list is no record of managers, in upstream's words; null where it is one. */
  static @Nullable String problem(JsonNode list) {
    try {
      read(list);
      return null;
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }

  private static void check(JsonNode node, int index) {
    String operation = node.path("operation").asText("");
    if (!operation.equals("Apply") && !operation.equals("Update")) {
      throw new IllegalArgumentException("operation must be `Apply` or `Update`");
    }
    if (node.path("apiVersion").asText("").isEmpty()) {
      throw new IllegalArgumentException("apiVersion must not be empty");
    }
    String type = node.path("fieldsType").asText("");
    if (type.isEmpty()) {
      throw new IllegalArgumentException("missing fieldsType in managed fields entry " + index);
    }
    if (!type.equals("FieldsV1")) {
      throw new IllegalArgumentException(
          "invalid fieldsType " + GoQuote.of(type) + " in managed fields entry " + index);
    }
  }

  /** {@code managedFields: [{}]} asks to forget all managers, and an empty list does. */
  static boolean isReset(JsonNode list) {
    return list.isArray() && list.isEmpty()
        || list.size() == 1 && list.get(0).isObject() && list.get(0).isEmpty();
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
    List<Map.Entry<Id, Entry>> sorted = new ArrayList<>(entries.entrySet());
    if (sorted.size() > 1) {
      sorted.sort(ManagedFields::compare);
    }
    ArrayNode out = Json.array();
    for (Map.Entry<Id, Entry> e : sorted) {
      Id id = e.getKey();
      Entry entry = e.getValue();
      ObjectNode node = out.addObject();
      node.put("manager", id.manager());
      node.put("operation", id.apply() ? "Apply" : "Update");
      node.put("apiVersion", entry.apiVersion());
      if (!entry.time().isEmpty()) {
        node.put("time", entry.time());
      }
      node.put("fieldsType", "FieldsV1");
      node.set("fieldsV1", entry.fields().toJson());
      if (!id.subresource().isEmpty()) {
        node.put("subresource", id.subresource());
      }
    }
    return out;
  }

  /** Appliers first, then by time, manager, version and subresource. */
  private static int compare(Map.Entry<Id, Entry> a, Map.Entry<Id, Entry> b) {
    Id x = a.getKey();
    Id y = b.getKey();
    if (x.apply() != y.apply()) {
      return x.apply() ? -1 : 1;
    }
    int order = a.getValue().time().compareTo(b.getValue().time());
    if (order == 0) {
      order = x.manager().compareTo(y.manager());
    }
    if (order == 0) {
      order = a.getValue().apiVersion().compareTo(b.getValue().apiVersion());
    }
    return order == 0 ? x.subresource().compareTo(y.subresource()) : order;
  }

  static String time(Instant now) {
    return Timestamps.time(now);
  }
}
