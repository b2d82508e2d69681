package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;

/** Events of the core group. */
final class EventRules implements KindRules {

  @Override
  public void check(ObjectNode event, FieldErrors errors) {
    JsonNode involved = event.path("involvedObject");
    String namespace = event.path("metadata").path("namespace").asText("");
    String about = Nodes.text(involved, "namespace");
    if (about.isEmpty()) {
      if (!namespace.isEmpty()
          && !namespace.equals("default")
          && !namespace.equals("kube-system")) {
        errors.invalid(
            FieldPath.ROOT.child("involvedObject"),
            "namespace",
            about,
            "does not match event.namespace");
      }
    } else if (!about.equals(namespace)) {
      errors.invalid(
          FieldPath.ROOT.child("involvedObject"),
          "namespace",
          about,
          "does not match event.namespace");
    }
  }
}
