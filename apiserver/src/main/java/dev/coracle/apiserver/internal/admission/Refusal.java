package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;

/** The words in which a plugin refuses. */
final class Refusal {

  private Refusal() {}

  /**
   * {@code pods "x" is forbidden: WHY}; where the generated part of a name is not known yet, the
   * part before it.
   */
  static StatusException of(AdmissionRequest request, String why) {
    return StatusException.forbidden(request.resource(), name(request), why);
  }

  private static String name(AdmissionRequest request) {
    String name = request.objectName();
    JsonNode object = request.object();
    if (!name.isEmpty() || object == null) {
      return name;
    }
    String generated = object.path("metadata").path("generateName").asText("");
    return generated.isEmpty() ? "Unknown" : generated;
  }
}
