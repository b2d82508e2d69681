package dev.coracle.api.selector;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Which taints a pod puts up with (Kubernetes docs, "Taints and Tolerations"). */
public record Toleration(String key, String operator, String value, String effect) {

  private static final Pattern NUMBER = Pattern.compile("0|-?[1-9][0-9]*");

  /** A taint of a node. */
  public record Taint(String key, String value, String effect) {

    /** One of {@code spec.taints}. */
    public static Taint of(JsonNode taint) {
      return new Taint(
          taint.path("key").asText(""),
          taint.path("value").asText(""),
          taint.path("effect").asText(""));
    }

    public static List<Taint> ofNode(JsonNode node) {
      List<Taint> out = new ArrayList<>();
      for (JsonNode t : node.path("spec").path("taints")) {
        out.add(of(t));
      }
      return out;
    }
  }

  /** One of {@code spec.tolerations}. */
  public static Toleration of(JsonNode toleration) {
    return new Toleration(
        toleration.path("key").asText(""),
        toleration.path("operator").asText(""),
        toleration.path("value").asText(""),
        toleration.path("effect").asText(""));
  }

  /**
   * @param spec of a pod
   */
  public static List<Toleration> ofSpec(JsonNode spec) {
    List<Toleration> out = new ArrayList<>();
    for (JsonNode t : spec.path("tolerations")) {
      out.add(of(t));
    }
    return out;
  }

  public boolean tolerates(Taint taint) {
    if ((!effect.isEmpty() && !effect.equals(taint.effect()))
        || (!key.isEmpty() && !key.equals(taint.key()))) {
      return false;
    }
    return switch (operator) {
      case "", "Equal" -> value.equals(taint.value());
      case "Exists" -> true;
      case "Gt" -> compare(taint.value()) > 0;
      case "Lt" -> compare(taint.value()) < 0;
      default -> false;
    };
  }

  /** Numbers are whole and written without signs or zeros that could be left out. */
  private int compare(String taintValue) {
    if (!NUMBER.matcher(taintValue).matches() || !NUMBER.matcher(value).matches()) {
      return 0;
    }
    try {
      return Long.compare(Long.parseLong(taintValue), Long.parseLong(value));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
