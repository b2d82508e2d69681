package dev.coracle.controllers.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.TreeMap;

/** A LabelSelector as Go prints one, for messages that have it so upstream. */
public final class GoSelector {

  private GoSelector() {}

  public static String text(JsonNode selector) {
    if (!selector.isObject()) {
      return "nil";
    }
    StringBuilder out = new StringBuilder("&LabelSelector{MatchLabels:map[string]string{");
    new TreeMap<>(KubeObject.strings(selector.path("matchLabels")))
        .forEach((key, value) -> out.append(key).append(": ").append(value).append(','));
    out.append("},MatchExpressions:[]LabelSelectorRequirement{");
    for (JsonNode e : selector.path("matchExpressions")) {
      out.append("LabelSelectorRequirement{Key:").append(e.path("key").asText(""));
      out.append(",Operator:").append(e.path("operator").asText("")).append(",Values:[");
      String gap = "";
      for (JsonNode value : e.path("values")) {
        out.append(gap).append(value.asText());
        gap = " ";
      }
      out.append("],},");
    }
    return out.append("},}").toString();
  }
}
