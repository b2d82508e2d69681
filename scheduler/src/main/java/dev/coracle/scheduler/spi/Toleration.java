package dev.coracle.scheduler.spi;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Which taints a pod puts up with (Kubernetes docs, "Taints and Tolerations"). */
public record Toleration(String key, String operator, String value, String effect) {

  /** A taint of a node. */
  public record Taint(String key, String value, String effect) {

    public static List<Taint> of(JsonNode node) {
      List<Taint> out = new ArrayList<>();
      for (JsonNode t : node.path("spec").path("taints")) {
        out.add(
            new Taint(
                t.path("key").asText(""), t.path("value").asText(""), t.path("effect").asText("")));
      }
      return out;
    }
  }

  public static List<Toleration> of(JsonNode pod) {
    List<Toleration> out = new ArrayList<>();
    for (JsonNode t : pod.path("spec").path("tolerations")) {
      out.add(
          new Toleration(
              t.path("key").asText(""),
              t.path("operator").asText(""),
              t.path("value").asText(""),
              t.path("effect").asText("")));
    }
    return out;
  }

  public boolean tolerates(Taint taint) {
    if ((!effect.isEmpty() && !effect.equals(taint.effect()))
        || (!key.isEmpty() && !key.equals(taint.key()))) {
      return false;
    }
    return switch (operator) {
      case "", "Equal" -> value.equals(taint.value()) && !key.isEmpty();
      case "Exists" -> true;
      case "Gt" -> compare(taint.value()) > 0;
      case "Lt" -> compare(taint.value()) < 0;
      default -> false;
    };
  }

  private int compare(String taintValue) {
    try {
      return Long.compare(Long.parseLong(taintValue), Long.parseLong(value));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
