package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Events. Those with an {@code eventTime} are held to more than those of old clients, and what is
 * written through {@code events.k8s.io} to more than what is written through the core group. Errors
 * name fields as the core group does, in both.
 *
 * @param strict those of {@code events.k8s.io}
 */
record EventRules(boolean strict) implements KindRules {

  private static final int MOST_WORDS = 128;
  private static final int MOST_NOTE = 1024;
  private static final Map<String, String> NEW_NAMES =
      Map.of(
          "involvedObject", "regarding",
          "message", "note",
          "source", "deprecatedSource",
          "firstTimestamp", "deprecatedFirstTimestamp",
          "lastTimestamp", "deprecatedLastTimestamp",
          "count", "deprecatedCount");
  private static final List<String> IMMUTABLE =
      List.of(
          "involvedObject",
          "reason",
          "message",
          "source",
          "firstTimestamp",
          "lastTimestamp",
          "count",
          "type",
          "eventTime",
          "action",
          "related",
          "reportingController",
          "reportingInstance");

  @Override
  public List<String> name(String name) {
    return strict ? NameRules.dnsSubdomain(name) : NameRules.pathSegment(name);
  }

  private String field(String core) {
    return strict
        ? NEW_NAMES.getOrDefault(core, core)
        : core.equals("reportingController") ? "reportingComponent" : core;
  }

  @Override
  public void check(ObjectNode event, FieldErrors errors) {
    String namespace = event.path("metadata").path("namespace").asText("");
    String about = Nodes.text(event.path(field("involvedObject")), "namespace");
    boolean timed = Nodes.has(event, "eventTime");
    boolean matches =
        about.isEmpty()
            ? namespace.equals("default")
                || timed && namespace.equals("kube-system")
                || !timed && namespace.isEmpty()
            : timed || about.equals(namespace);
    if (!matches) {
      errors.invalid(
          FieldPath.ROOT.child("involvedObject"),
          "namespace",
          about,
          "does not match event.namespace");
    }
    if (timed) {
      reporter(event, errors);
      words(event, "action", errors);
      words(event, "reason", errors);
      atMost(MOST_NOTE, Nodes.text(event, field("message")), "message", errors);
    }
  }

  private void reporter(ObjectNode event, FieldErrors errors) {
    String controller = Nodes.text(event, field("reportingController"));
    if (controller.isEmpty()) {
      errors.required(FieldPath.ROOT, "reportingController");
    }
    errors.invalid(
        FieldPath.ROOT, "reportingController", controller, NameRules.qualifiedName(controller));
    words(event, "reportingInstance", errors);
  }

  private static void words(ObjectNode event, String field, FieldErrors errors) {
    String text = Nodes.text(event, field);
    if (text.isEmpty()) {
      errors.required(FieldPath.ROOT, field);
    }
    atMost(MOST_WORDS, text, field, errors);
  }

  private static void atMost(int most, String text, String field, FieldErrors errors) {
    if (text.getBytes(StandardCharsets.UTF_8).length > most) {
      errors.invalid(FieldPath.ROOT, field, "", "can have at most " + most + " characters");
    }
  }

  @Override
  public void checkCreate(ObjectNode event, FieldErrors errors) {
    if (!strict) {
      return;
    }
    series(event, errors);
    if (!Nodes.has(event, "eventTime")) {
      errors.required(FieldPath.ROOT, "eventTime");
    }
    String type = Nodes.text(event, "type");
    if (!type.equals("Normal") && !type.equals("Warning")) {
      errors.invalid(FieldPath.ROOT, "type", "", "has invalid value: " + type);
    }
    for (String unset : new String[] {"firstTimestamp", "lastTimestamp"}) {
      if (Nodes.has(event, field(unset))) {
        errors.invalid(FieldPath.ROOT, unset, "", "needs to be unset");
      }
    }
    if (event.path(field("count")).asInt(0) != 0) {
      errors.invalid(FieldPath.ROOT, "count", "", "needs to be unset");
    }
    JsonNode source = event.path(field("source"));
    if (Nodes.has(source, "component") || Nodes.has(source, "host")) {
      errors.invalid(FieldPath.ROOT, "source", "", "needs to be unset");
    }
  }

  private static void series(ObjectNode event, FieldErrors errors) {
    JsonNode series = event.path("series");
    if (series.isObject()) {
      FieldPath at = FieldPath.ROOT.child("series");
      if (series.path("count").asInt(0) < 2) {
        errors.invalid(at, "count", "", "should be at least 2");
      }
      if (!Nodes.has(series, "lastObservedTime")) {
        errors.required(at, "lastObservedTime");
      }
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    if (!strict) {
      return;
    }
    if (!Nodes.same(now, before, "series")) {
      series(now, errors);
    }
    for (String core : IMMUTABLE) {
      String field = field(core);
      if (!Nodes.same(now, before, field)) {
        JsonNode value = now.path(field);
        errors.invalid(
            FieldPath.ROOT,
            core,
            value.isMissingNode() ? "" : MetaRules.text(value),
            "field is immutable");
      }
    }
  }
}
