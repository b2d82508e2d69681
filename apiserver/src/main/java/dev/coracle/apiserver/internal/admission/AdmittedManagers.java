package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.ServerSideApply;
import org.jspecify.annotations.Nullable;

/**
 * Webhooks and policies may change who owns which field, or have it forgotten. What is no record of
 * managers any more is put back as it was before admission, and the client is warned.
 */
record AdmittedManagers(AdmissionRequest request, @Nullable JsonNode before) {

  private static final String FIELD = "managedFields";

  private static final String WARNING =
      ".metadata.managedFields was in an invalid state after admission; this could be caused by an"
          + " outdated mutating admission controller; please fix your requests: ";

  /** Of a request that is about to be admitted. */
  static AdmittedManagers of(AdmissionRequest request) {
    ObjectNode object = request.object();
    return new AdmittedManagers(
        request, object == null ? null : object.path("metadata").get(FIELD));
  }

  void putBackUnlessValid() {
    ObjectNode object = request.object();
    if (object == null || !(object.path("metadata") instanceof ObjectNode metadata)) {
      return;
    }
    JsonNode record = metadata.path(FIELD);
    if (record.isArray() && record.isEmpty()) {
      metadata.remove(FIELD);
      return;
    }
    String problem = ServerSideApply.problemOfRecord(record);
    if (problem == null) {
      return;
    }
    if (before == null) {
      metadata.remove(FIELD);
    } else {
      metadata.set(FIELD, before);
    }
    request.call().warnings().add(WARNING + problem);
  }
}
