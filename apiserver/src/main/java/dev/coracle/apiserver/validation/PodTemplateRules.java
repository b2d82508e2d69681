package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusCause;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;

/** Templates of Pods, alone and in workloads. */
final class PodTemplateRules implements KindRules {

  private static final List<String> TEMPLATES =
      List.of("template.", "spec.template.", "spec.jobTemplate.spec.template.");

  @Override
  public void check(ObjectNode object, FieldErrors errors) {
    check(object.path("template"), FieldPath.ROOT.child("template"), errors);
  }

  /** Whether that is wrong with the template of a workload. */
  static boolean isInTemplate(StatusCause cause) {
    return TEMPLATES.stream().anyMatch(cause.field()::startsWith);
  }

  static void check(JsonNode template, FieldPath path, FieldErrors errors) {
    JsonNode meta = template.path("metadata");
    MetaRules.labels(meta.path("labels"), path, "labels", errors);
    MetaRules.annotations(meta.path("annotations"), path, errors);
    PodAnnotationRules.check(
        meta.path("annotations"), template.path("spec"), path.child("annotations"), errors);
    PodSpecRules.check(template.path("spec"), path.child("spec"), errors);
    SecurityProfileRules.match(
        meta.path("annotations"), template.path("spec"), path.child("spec"), errors);
    if (Nodes.has(template.path("spec"), "ephemeralContainers")) {
      errors.forbidden(
          path.child("spec"),
          "ephemeralContainers",
          "ephemeral containers not allowed in pod template");
    }
  }
}
