package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;

/** The words in which a plugin refuses. */
final class Refusal {

  private Refusal() {}

  /** {@code pods "x" is forbidden: WHY}; the generated part of a name is not known yet. */
  static StatusException of(AdmissionRequest request, String why) {
    return StatusException.forbidden(request.resource(), name(request), why);
  }

  static String name(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object != null) {
      String name = object.path("metadata").path("name").asText("");
      if (!name.isEmpty()) {
        return name;
      }
    }
    return request.call().name();
  }
}
