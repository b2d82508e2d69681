package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/**
 * {@code spec.behavior} of HorizontalPodAutoscalers in the annotation of autoscaling/v1, where
 * upstream's fields have capital letters, and what is not there is null.
 */
final class AutoscalerBehavior {

  private static final String[] DIRECTIONS = {"scaleUp", "scaleDown"};
  private static final String[] RULES = {
    "stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"
  };
  private static final String[] POLICY = {"type", "value", "periodSeconds"};

  private AutoscalerBehavior() {}

  static ObjectNode toV1(JsonNode behavior) {
    ObjectNode out = Json.object();
    for (String direction : DIRECTIONS) {
      JsonNode rules = behavior.path(direction);
      if (!rules.isObject()) {
        out.putNull(capital(direction));
        continue;
      }
      ObjectNode to = out.putObject(capital(direction));
      for (String rule : RULES) {
        JsonNode value = rules.path(rule);
        if (!rules.hasNonNull(rule)) {
          to.putNull(capital(rule));
        } else if (value.isArray()) {
          ArrayNode policies = to.putArray(capital(rule));
          value.forEach(p -> {
            ObjectNode policy = policies.addObject();
            for (String field : POLICY) {
              policy.set(capital(field), p.path(field));
            }
          });
        } else {
          to.set(capital(rule), value);
        }
      }
    }
    return out;
  }

  /** Empty where nothing is said; names may have small letters too, as Go reads them. */
  static ObjectNode toV2(JsonNode behavior) {
    ObjectNode out = Json.object();
    for (String direction : DIRECTIONS) {
      JsonNode rules = field(behavior, direction);
      if (!rules.isObject()) {
        continue;
      }
      ObjectNode to = out.putObject(direction);
      for (String rule : RULES) {
        JsonNode value = field(rules, rule);
        if (value.isArray()) {
          ArrayNode policies = to.putArray(rule);
          value.forEach(p -> {
            ObjectNode policy = policies.addObject();
            for (String field : POLICY) {
              policy.set(field, field(p, field));
            }
          });
        } else if (!value.isNull() && !value.isMissingNode()) {
          to.set(rule, value);
        }
      }
    }
    return out;
  }

  private static JsonNode field(JsonNode of, String name) {
    JsonNode capital = of.path(capital(name));
    return capital.isMissingNode() ? of.path(name) : capital;
  }

  private static String capital(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }
}
