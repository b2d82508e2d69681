package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.SchemaValidator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether an object may be stored. Stateless; what comes out is empty where all is well, else the
 * causes for {@code StatusException.invalid}.
 */
public final class Validator {

  private static final KindRules METADATA_ALONE = (object, errors) -> {};

  private Validator() {}

  private static KindRules rules(ResourceDefinition resource) {
    return resource.builtIn()
        ? KindRules.ALL.getOrDefault(
            resource.kind().group() + "/" + resource.kind().kind(), METADATA_ALONE)
        : METADATA_ALONE;
  }

  public static List<StatusCause> validateCreate(ResourceDefinition resource, KubeObject object) {
    return validateCreate(resource, object.tree());
  }

  public static List<StatusCause> validateCreate(ResourceDefinition resource, ObjectNode object) {
    FieldErrors errors = new FieldErrors();
    KindRules rules = rules(resource);
    if (resource.supports("get")) {
      // What is only asked and answered, such as a SubjectAccessReview, needs no name.
      MetaRules.check(object, resource.namespaced(), rules::name, errors);
      finalizers(resource, object, errors);
    }
    rules.check(object, errors);
    rules.checkCreate(object, errors);
    schema(resource, object, null, errors);
    CustomScaleRules.checkSpec(resource, object, errors);
    CustomScaleRules.checkStatus(resource, object, errors);
    inside(resource, object, errors);
    return errors.causes();
  }

  /** An update of the object itself. */
  public static List<StatusCause> validateUpdate(
      ResourceDefinition resource, KubeObject before, KubeObject now) {
    return validateUpdate(resource, before, now.tree(), "");
  }

  /**
   * @param subresource empty for the object itself; a write of {@code status} or another
   *     subresource is held to that subresource's rules alone
   */
  public static List<StatusCause> validateUpdate(
      ResourceDefinition resource, KubeObject before, ObjectNode now, String subresource) {
    FieldErrors errors = new FieldErrors();
    KindRules rules = rules(resource);
    MetaRules.checkUpdate(now, before.tree(), errors);
    if (subresource.isEmpty()) {
      MetaRules.check(now, resource.namespaced(), name -> List.of(), errors);
      finalizers(resource, now, errors);
      rules.checkChanged(now, before.tree(), errors);
      Ratchet.leaveOut(
          errors, PodTemplateRules::isInTemplate, known -> rules.check(before.tree(), known));
    } else if (subresource.equals("scale")) {
      if (resource.builtIn()) {
        WorkloadRules.notNegative(now.path("spec"), "replicas", FieldPath.SPEC, errors);
      }
    } else {
      rules.checkSubresource(subresource, now, before.tree(), errors);
    }
    if (subresource.equals("status") && !resource.builtIn()) {
      SchemaValidator.validateStatus(resource.schema(), now, before.tree(), errors);
    } else {
      schema(resource, now, before.tree(), errors);
    }
    if (!subresource.equals("status")) {
      CustomScaleRules.checkSpec(resource, now, errors);
    }
    CustomScaleRules.checkStatus(resource, now, errors);
    if (subresource.isEmpty()) {
      inside(resource, now, errors);
    }
    return errors.causes();
  }

  private static void finalizers(
      ResourceDefinition resource, ObjectNode object, FieldErrors errors) {
    String group = resource.kind().group();
    if (resource.builtIn()
        && !group.equals("apiextensions.k8s.io")
        && !group.equals("apiregistration.k8s.io")) {
      MetaRules.checkFinalizers(object, errors);
    }
  }

  /** The objects inside a custom resource, also where they have not changed. */
  private static void inside(ResourceDefinition resource, ObjectNode object, FieldErrors errors) {
    ObjectNode schema = resource.builtIn() ? null : resource.schema().constraints();
    if (schema != null && schema.findValue(EmbeddedResourceRules.FLAG) != null) {
      EmbeddedResourceRules.check(object, schema, false, FieldPath.ROOT, errors);
    }
  }

  private static void schema(
      ResourceDefinition resource,
      ObjectNode now,
      @Nullable ObjectNode before,
      FieldErrors errors) {
    if (!resource.builtIn()) {
      SchemaValidator.validate(resource.schema(), now, before, errors);
    }
  }

  /** The labels of any object. */
  public static void labels(JsonNode labels, FieldPath metadata, FieldErrors errors) {
    MetaRules.labels(labels, metadata, "labels", errors);
  }

  /** The annotations of any object. */
  public static void annotations(JsonNode annotations, FieldPath metadata, FieldErrors errors) {
    MetaRules.annotations(annotations, metadata, errors);
  }
}
