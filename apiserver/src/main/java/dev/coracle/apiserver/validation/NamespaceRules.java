package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;

/** Namespaces. */
final class NamespaceRules implements KindRules {

  @Override
  public List<String> name(String name) {
    return NameRules.dnsLabel(name);
  }

  @Override
  public void check(ObjectNode namespace, FieldErrors errors) {
    int i = 0;
    for (JsonNode f : namespace.path("spec").path("finalizers")) {
      errors.invalid(
          FieldPath.SPEC.child("finalizers").index(i++),
          "",
          f.asText(),
          NameRules.qualifiedName(f.asText()));
    }
  }
}
