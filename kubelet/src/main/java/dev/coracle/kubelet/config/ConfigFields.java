package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoDuration;
import dev.coracle.api.Quantity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads fields of a KubeletConfiguration, one each. What is null counts as left out, and so does an
 * empty text; where upstream's field is no pointer, zero does too ({@link #period}, {@link
 * #count}).
 */
final class ConfigFields {
  /** Of upstream's fields of texts the one for which an empty text is not the same as none. */
  private static final String RESOLV_CONF = "resolvConf";

  private static final Duration SHORTEST = Duration.ofMillis(10);

  private ConfigFields() {}

  static IllegalArgumentException invalid(String why) {
    return new IllegalArgumentException("invalid configuration: " + why);
  }

  /** The document without what counts as left out. */
  static ObjectNode said(JsonNode document) {
    ObjectNode out = document.deepCopy();
    Set<String> unsaid = new HashSet<>();
    for (Map.Entry<String, JsonNode> e : out.properties()) {
      boolean empty = e.getValue().isTextual() && e.getValue().textValue().isEmpty();
      if (e.getValue().isNull() || empty && !e.getKey().equals(RESOLV_CONF)) {
        unsaid.add(e.getKey());
      }
    }
    out.remove(unsaid);
    return out;
  }

  static Duration duration(JsonNode document, String field, Duration otherwise) {
    JsonNode node = document.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    Duration parsed = span(node, field);
    if (parsed.isNegative()) {
      throw new IllegalArgumentException(field + " must not be negative");
    }
    return parsed;
  }

  /** Go writes durations as texts, and reads nothing else. */
  static Duration span(JsonNode node, String field) {
    if (!node.isTextual() && !node.asText().equals("0")) {
      throw new IllegalArgumentException(field + " must be a duration such as \"1m30s\"");
    }
    return GoDuration.parse(node.asText());
  }

  /** Zero is what tools write for nothing. */
  static Duration period(JsonNode document, String field, Duration otherwise) {
    Duration chosen = duration(document, field, Duration.ZERO);
    return chosen.isZero() ? otherwise : chosen;
  }

  /**
   * Of what is done again and again, which would else be done all the time.
   *
   * @param otherwise also where it is zero
   */
  static Duration tick(JsonNode document, String field, Duration otherwise) {
    Duration chosen = period(document, field, otherwise);
    if (!chosen.isZero() && chosen.compareTo(SHORTEST) < 0) {
      throw invalid(field + " must be at least 10ms, and not " + document.path(field).asText());
    }
    return chosen;
  }

  static int number(JsonNode document, String field, int otherwise, int most) {
    JsonNode node = document.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    if (!node.isIntegralNumber() || node.longValue() < 0 || node.longValue() > most) {
      throw new IllegalArgumentException(field + " must be a number from 0 to " + most);
    }
    return node.asInt();
  }

  /**
   * @return zero where nothing is said
   * @param flag the option of upstream's program, as its words name it too
   */
  static int notNegative(JsonNode document, String field, String flag) {
    JsonNode node = document.path(field);
    if (node.isInt() && node.intValue() < 0) {
      throw invalid(field + " (" + flag + ") " + node.asText() + " must not be a negative number");
    }
    return number(document, field, 0, Integer.MAX_VALUE);
  }

  /** Zero is what tools write for nothing. */
  static int count(JsonNode document, String field, int otherwise, int most) {
    int chosen = number(document, field, 0, most);
    return chosen == 0 ? otherwise : chosen;
  }

  static boolean flag(JsonNode document, String field, boolean otherwise) {
    JsonNode node = document.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    if (!node.isBoolean()) {
      throw new IllegalArgumentException(field + " must be true or false");
    }
    return node.booleanValue();
  }

  static long bytes(JsonNode document, String field, long otherwise) {
    JsonNode node = document.path(field);
    if (node.isMissingNode()) {
      return otherwise;
    }
    Quantity quantity = Quantity.tryParse(node.asText());
    if (quantity == null || quantity.signum() <= 0) {
      throw new IllegalArgumentException(field + " is no size: " + node.asText());
    }
    return quantity.longValue();
  }

  static List<String> list(JsonNode document, String field) {
    JsonNode node = document.path(field);
    if (!node.isMissingNode() && !node.isNull() && !node.isArray()) {
      throw new IllegalArgumentException(field + " must be a list");
    }
    List<String> out = new ArrayList<>();
    node.forEach(e -> out.add(e.asText()));
    return out;
  }

  static Map<String, String> texts(JsonNode mapping) {
    Map<String, String> out = new LinkedHashMap<>();
    mapping.properties().forEach(e -> out.put(e.getKey(), e.getValue().asText()));
    return out;
  }
}
