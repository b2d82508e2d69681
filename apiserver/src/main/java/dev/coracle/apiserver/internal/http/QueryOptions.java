package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import java.util.List;

/** Reads the verbs' parameters from a request's query. */
public final class QueryOptions {

  private QueryOptions() {}

  public static ListOptions list(Exchange e) {
    return new ListOptions(
        labels(e),
        fields(e),
        e.query("resourceVersion"),
        e.query("resourceVersionMatch"),
        number(e, "limit"),
        e.query("continue"));
  }

  public static WatchOptions watch(Exchange e) {
    FieldSelector fields = fields(e);
    if (fields.isEverything() && !e.info().name().isEmpty()) {
      // The old form /watch/…/name.
      fields = FieldSelector.equalTo("metadata.name", e.info().name());
    }
    return new WatchOptions(
        labels(e),
        fields,
        e.query("resourceVersion"),
        e.query("resourceVersionMatch"),
        e.flag("allowWatchBookmarks"),
        e.flag("sendInitialEvents"),
        number(e, "timeoutSeconds"));
  }

  static WriteOptions write(Exchange e) {
    String manager = e.query("fieldManager");
    if (manager.length() > 128) {
      throw invalid(
          "PatchOptions",
          "fieldManager",
          StatusCause.TOO_LONG,
          "Too long: may not be more than 128 bytes");
    }
    String validation = e.query("fieldValidation");
    switch (validation) {
      case "", "Ignore", "Warn", "Strict" -> {}
      default ->
          throw invalid(
              "CreateOptions",
              "fieldValidation",
              StatusCause.NOT_SUPPORTED,
              "Unsupported value: \""
                  + validation
                  + "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
    }
    return new WriteOptions(dryRun(e.query("dryRun")), manager, validation);
  }

  private static boolean dryRun(String text) {
    return switch (text) {
      case "" -> false;
      case "All" -> true;
      default ->
          throw invalid(
              "CreateOptions",
              "dryRun",
              StatusCause.NOT_SUPPORTED,
              "Unsupported value: [\"" + text + "\"]: supported values: \"All\"");
    };
  }

  /** From the body where there is one, else from the query. */
  static DeleteOptions delete(Exchange e, byte[] body, int maxBytes) {
    ObjectNode node = body.length == 0 ? Json.object() : parse(e, body, maxBytes);
    if (!node.has("gracePeriodSeconds") && !e.query("gracePeriodSeconds").isEmpty()) {
      node.put("gracePeriodSeconds", number(e, "gracePeriodSeconds"));
    }
    if (!node.has("propagationPolicy") && !e.query("propagationPolicy").isEmpty()) {
      node.put("propagationPolicy", e.query("propagationPolicy"));
    }
    if (!node.has("orphanDependents") && !e.query("orphanDependents").isEmpty()) {
      node.put("orphanDependents", e.flag("orphanDependents"));
    }
    if (dryRun(e.query("dryRun"))) {
      node.putArray("dryRun").add("All");
    }
    return DeleteOptions.of(node);
  }

  private static ObjectNode parse(Exchange e, byte[] body, int maxBytes) {
    if (e.header("Content-Type").contains("yaml")
        && Yaml.parse(body, maxBytes) instanceof ObjectNode object) {
      return object;
    }
    if (e.header("Content-Type").startsWith("application/vnd.kubernetes.protobuf")) {
      return ProtobufReader.read(body);
    }
    return Json.parseObject(body);
  }

  /** What was understood for the authorizers already is not read again. */
  private static LabelSelector labels(Exchange e) {
    LabelSelector known = e.info().labelSelector();
    return known.isEverything() ? LabelSelector.parse(e.query("labelSelector")) : known;
  }

  private static FieldSelector fields(Exchange e) {
    FieldSelector known = e.info().fieldSelector();
    return known.isEverything() ? FieldSelector.parse(e.query("fieldSelector")) : known;
  }

  static long number(Exchange e, String name) {
    String text = e.query(name);
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException wrong) {
      throw StatusException.badRequest(
          "strconv.ParseInt: parsing \"" + text + "\": invalid syntax (" + name + ")");
    }
  }

  private static StatusException invalid(String kind, String field, String type, String why) {
    return StatusException.invalid(
        new GroupVersionKind("meta.k8s.io", "v1", kind),
        "",
        List.of(new StatusCause(type, why, field)));
  }
}
