package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;

/**
 * The fields of a custom resource that its {@code scale} shows, whatever their schema says. Named
 * by the path as the definition has it, with its leading dot.
 */
final class CustomScaleRules {

  private CustomScaleRules() {}

  static void checkSpec(ResourceDefinition resource, ObjectNode object, FieldErrors errors) {
    replicas(resource.customScale().path("specReplicasPath").asText(""), object, errors);
  }

  static void checkStatus(ResourceDefinition resource, ObjectNode object, FieldErrors errors) {
    JsonNode scale = resource.customScale();
    replicas(scale.path("statusReplicasPath").asText(""), object, errors);
    String path = scale.path("labelSelectorPath").asText("");
    JsonNode selector = path.isEmpty() ? null : find(path, object, "", errors);
    if (selector != null && !selector.isTextual()) {
      errors.invalid(FieldPath.ROOT, path, "", otherThan(path, selector, "string"));
    }
  }

  private static void replicas(String path, ObjectNode object, FieldErrors errors) {
    JsonNode found = path.isEmpty() ? null : find(path, object, 0, errors);
    if (found == null) {
      return;
    }
    if (!found.isIntegralNumber() || !found.canConvertToLong()) {
      errors.invalid(FieldPath.ROOT, path, 0, otherThan(path, found, "int64"));
    } else if (found.longValue() < 0) {
      errors.invalid(FieldPath.ROOT, path, found, "should be a non-negative integer");
    } else if (found.longValue() > Integer.MAX_VALUE) {
      errors.invalid(
          FieldPath.ROOT, path, found, "should be less than or equal to " + Integer.MAX_VALUE);
    }
  }

  /** Null where there is nothing, and where what is above it is no object, which is an error. */
  private static @org.jspecify.annotations.Nullable JsonNode find(
      String path, ObjectNode object, Object zero, FieldErrors errors) {
    JsonNode at = object;
    StringBuilder above = new StringBuilder();
    for (String step : path.replaceFirst("^\\.", "").split("\\.", -1)) {
      if (at.isNull()) {
        return null;
      }
      if (!at.isObject()) {
        String words = otherThan(above + "." + step, at, "map[string]interface{}");
        errors.invalid(FieldPath.ROOT, path, zero, words);
        return null;
      }
      if (!at.has(step)) {
        return null;
      }
      at = at.get(step);
      above.append('.').append(step);
    }
    return at;
  }

  private static String otherThan(String path, JsonNode value, String expected) {
    return path
        + " accessor error: "
        + GoText.of(value)
        + " is of the type "
        + GoText.typeOf(value)
        + ", expected "
        + expected;
  }
}
