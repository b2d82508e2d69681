package dev.coracle.metrics.internal.state;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ExpositionText;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How facts of objects become samples, the same for all kinds. */
final class Facts {

  private static final List<String> CONDITION_VALUES = List.of("true", "false", "unknown");

  private Facts() {}

  /** The labels an object's own series carry, and more. */
  static String[] labels(String[] own, String... more) {
    String[] all = Arrays.copyOf(own, own.length + more.length);
    System.arraycopy(more, 0, all, own.length, more.length);
    return all;
  }

  /** A number where the field is there. */
  static void number(ExpositionText out, String family, JsonNode value, String... labels) {
    if (value.isNumber()) {
      out.sample(family, value.asDouble(), labels);
    }
  }

  /** A number, zero where the field is left out. */
  static void count(ExpositionText out, String family, JsonNode value, String... labels) {
    out.sample(family, value.asDouble(0), labels);
  }

  /** Seconds since the epoch where the field is there. */
  static void time(ExpositionText out, String family, JsonNode value, String... labels) {
    @Nullable Instant time = Timestamps.parse(value.asText(""));
    if (time != null) {
      out.sample(family, time.getEpochSecond(), labels);
    }
  }

  static void created(ExpositionText out, String family, KubeObject object, String... labels) {
    time(out, family, object.metadata().path("creationTimestamp"), labels);
  }

  /** One series for each value a condition can have, 1 for the one it has. */
  static void conditions(ExpositionText out, String family, JsonNode conditions, String[] own) {
    for (JsonNode condition : conditions) {
      String status = condition.path("status").asText("Unknown");
      for (String value : CONDITION_VALUES) {
        out.sample(
            family,
            status.equalsIgnoreCase(value) ? 1 : 0,
            labels(own, "condition", condition.path("type").asText(), "status", value));
      }
    }
  }

  /** One series for each possible word, 1 for the one that holds. */
  static void oneOf(
      ExpositionText out,
      String family,
      List<String> words,
      String held,
      String label,
      String[] own) {
    for (String word : words) {
      out.sample(family, word.equals(held) ? 1 : 0, labels(own, label, word));
    }
  }

  /** Resources with their unit: {@code resource="cpu",unit="core"}. */
  static void resources(ExpositionText out, String family, JsonNode resources, String... own) {
    for (Map.Entry<String, JsonNode> entry : resources.properties()) {
      @Nullable Quantity quantity = Quantity.tryParse(entry.getValue().asText(""));
      if (quantity != null) {
        String name = entry.getKey();
        out.sample(
            family,
            quantity.value().doubleValue(),
            labels(own, "resource", name.replaceAll("[^a-zA-Z0-9_]", "_"), "unit", unit(name)));
      }
    }
  }

  private static String unit(String resource) {
    return switch (resource) {
      case "cpu" -> "core";
      case "memory", "storage", "ephemeral-storage" -> "byte";
      default ->
          resource.startsWith("hugepages-") || resource.startsWith("attachable-volumes-")
              ? "byte"
              : "integer";
    };
  }

  static double bytes(JsonNode quantity) {
    @Nullable Quantity parsed = Quantity.tryParse(quantity.asText(""));
    return parsed == null ? Double.NaN : parsed.value().doubleValue();
  }

  /** One series for each owner, or one that says there is none. */
  static void owners(ExpositionText out, String family, KubeObject object, String... own) {
    if (object.ownerReferences().isEmpty()) {
      out.sample(
          family, 1, labels(own, "owner_kind", "", "owner_name", "", "owner_is_controller", ""));
    }
    object
        .ownerReferences()
        .forEach(owner ->
            out.sample(
                family,
                1,
                labels(
                    own,
                    "owner_kind",
                    owner.kind(),
                    "owner_name",
                    owner.name(),
                    "owner_is_controller",
                    Boolean.toString(owner.controller()))));
  }

  static Stream<JsonNode> elements(JsonNode array) {
    return java.util.stream.StreamSupport.stream(array.spliterator(), false);
  }
}
