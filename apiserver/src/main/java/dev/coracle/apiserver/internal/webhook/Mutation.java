package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import java.util.List;

/** Puts what a webhook or policy made of an object in its place. */
public final class Mutation {

  /**
   * What is the server's, and not for anybody to change on the way. A change of what else says
   * which object it is, and which version of it, is looked at when all is admitted.
   */
  private static final List<String> SYSTEM =
      List.of("creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds");

  private Mutation() {}

  /**
   * Pruned, with defaults, and without what this request may not change.
   *
   * @return whether the object is another one now
   */
  public static boolean take(AdmissionRequest request, ObjectNode changed) {
    ObjectNode object = java.util.Objects.requireNonNull(request.object());
    ResourceType type = request.call().type();
    String subresource = request.call().subresource();
    if (SubresourceSchemas.isOfItsOwn(request.call()) && !subresource.equals("scale")) {
      SubresourceSchemas own = SubresourceSchemas.of(request.call());
      return replace(
          object,
          Decoder.decode(
              changed,
              own.type(),
              own.kind(),
              FieldValidation.IGNORE,
              request.call().warnings()::add));
    }
    checkKind(request, changed);
    ObjectNode decoded =
        Decoder.decode(
            changed,
            type.definition().schema(),
            type.kind(),
            FieldValidation.IGNORE,
            request.call().warnings()::add);
    type.strategy().decoded(decoded);
    type.rules().setDefaults(decoded);
    keep(object, decoded, "metadata", SYSTEM);
    if (request.operation() == Operation.CREATE) {
      keep(object, decoded, "metadata", List.of("uid"));
    }
    if (request.operation() != Operation.UPDATE && !subresource.isEmpty()) {
      keep(object, decoded, "metadata", List.of("name", "namespace"));
    }
    if (type.hasStatus() && subresource.isEmpty() && !createsNode(request)) {
      keep(object, decoded, List.of("status"));
    } else if (subresource.equals("status")) {
      keep(object, decoded, List.of("spec"));
    }
    return replace(object, decoded);
  }

  /** What an object is does not change on the way. */
  private static void checkKind(AdmissionRequest request, ObjectNode changed) {
    String kind = changed.path("kind").asText("");
    GroupVersionKind own = request.call().type().kind();
    if (kind.isEmpty()) {
      throw StatusException.internal("Object 'Kind' is missing in '" + changed + "'");
    }
    if (!kind.equals(own.kind())) {
      FieldErrors errors = new FieldErrors();
      errors.invalid(FieldPath.ROOT, "kind", kind, "must be " + own.kind());
      errors.throwIfAny(
          new GroupVersionKind(own.group(), own.version(), kind), request.objectName());
    }
  }

  private static boolean replace(ObjectNode object, ObjectNode by) {
    if (by.equals(object)) {
      return false;
    }
    object.removeAll();
    object.setAll(by);
    return true;
  }

  private static boolean createsNode(AdmissionRequest request) {
    return request.operation() == Operation.CREATE && request.is("", "nodes");
  }

  private static void keep(ObjectNode from, ObjectNode to, String within, List<String> fields) {
    if (from.path(within) instanceof ObjectNode source) {
      keep(source, to.withObjectProperty(within), fields);
    }
  }

  private static void keep(ObjectNode from, ObjectNode to, List<String> fields) {
    for (String field : fields) {
      JsonNode value = from.get(field);
      if (value == null) {
        to.remove(field);
      } else {
        to.set(field, value);
      }
    }
  }
}
