package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;

/** Namespaces. */
final class NamespaceRules implements KindRules {

  private static final FieldPath FINALIZERS = FieldPath.SPEC.child("finalizers");

  @Override
  public List<String> name(String name) {
    return NameRules.dnsLabel(name);
  }

  @Override
  public void check(ObjectNode namespace, FieldErrors errors) {}

  /** Which of the finalizers is wrong is not told of a new one, as upstream does not. */
  @Override
  public void checkCreate(ObjectNode namespace, FieldErrors errors) {
    for (JsonNode f : namespace.path("spec").path("finalizers")) {
      finalizer(f.asText(), FINALIZERS, errors);
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("finalize")) {
      int i = 0;
      for (JsonNode f : now.path("spec").path("finalizers")) {
        finalizer(f.asText(), FINALIZERS.index(i++), errors);
      }
    } else if (subresource.equals("status")) {
      boolean deleted = Nodes.has(now.path("metadata"), "deletionTimestamp");
      String phase = Nodes.text(now.path("status"), "phase");
      if (!phase.equals(deleted ? "Terminating" : "Active")) {
        errors.invalid(
            FieldPath.STATUS,
            "Phase",
            phase,
            deleted
                ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
                : "may only be 'Active' if `deletionTimestamp` is empty");
      }
    }
  }

  private static void finalizer(String name, FieldPath at, FieldErrors errors) {
    errors.invalid(at, "", name, NameRules.qualifiedName(name));
    MetaRules.standardFinalizer(name, at, errors);
  }
}
