package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;

/** The three kinds that ask whether somebody may do something. */
enum AccessReviewRules implements KindRules {
  /** SubjectAccessReview. */
  SUBJECT,
  /** LocalSubjectAccessReview: about one namespace, its own. */
  LOCAL,
  /** SelfSubjectAccessReview: about whoever asks. */
  SELF;

  private static final FieldPath RESOURCE = FieldPath.SPEC.child("resourceAttributes");

  @Override
  public void check(ObjectNode review, FieldErrors errors) {
    JsonNode spec = review.path("spec");
    boolean resource = Nodes.set(spec, "resourceAttributes");
    boolean path = Nodes.set(spec, "nonResourceAttributes");
    if (resource && path) {
      errors.invalid(
          FieldPath.SPEC,
          "nonResourceAttributes",
          spec.path("nonResourceAttributes"),
          "cannot be specified in combination with resourceAttributes");
    }
    if (!resource && !path) {
      errors.invalid(
          FieldPath.SPEC,
          "resourceAttributes",
          "null",
          "exactly one of nonResourceAttributes or resourceAttributes must be specified");
    }
    if (this != SELF && !Nodes.has(spec, "user") && !Nodes.has(spec, "groups")) {
      errors.invalid(FieldPath.SPEC, "user", "", "at least one of user or group must be specified");
    }
    JsonNode attributes = spec.path("resourceAttributes");
    selector(attributes, "fieldSelector", errors);
    selector(attributes, "labelSelector", errors);
    metadata(review.path("metadata"), errors);
    if (this == LOCAL) {
      local(review, errors);
    }
  }

  private void metadata(JsonNode metadata, FieldErrors errors) {
    for (var e : metadata.properties()) {
      String field = e.getKey();
      boolean counts =
          Nodes.has(metadata, field)
              && !field.equals("managedFields")
              && !(field.equals("namespace") && this == LOCAL);
      if (counts) {
        errors.invalid(
            FieldPath.METADATA,
            "",
            metadata,
            this == LOCAL ? "must be empty except for namespace" : "must be empty");
        return;
      }
    }
  }

  private static void local(ObjectNode review, FieldErrors errors) {
    JsonNode spec = review.path("spec");
    String asked = Nodes.text(spec.path("resourceAttributes"), "namespace");
    if (Nodes.set(spec, "resourceAttributes")
        && !asked.equals(Nodes.text(review.path("metadata"), "namespace"))) {
      errors.invalid(RESOURCE, "namespace", asked, "must match metadata.namespace");
    }
    if (Nodes.set(spec, "nonResourceAttributes")) {
      errors.invalid(
          FieldPath.SPEC,
          "nonResourceAttributes",
          spec.path("nonResourceAttributes"),
          "disallowed on this kind of request");
    }
  }

  private static void selector(JsonNode attributes, String field, FieldErrors errors) {
    JsonNode selector = attributes.path(field);
    if (!selector.isObject()) {
      return;
    }
    FieldPath at = RESOURCE.child(field);
    boolean raw = Nodes.has(selector, "rawSelector");
    boolean requirements = Nodes.has(selector, "requirements");
    if (raw && requirements) {
      errors.invalid(
          at,
          "rawSelector",
          Nodes.text(selector, "rawSelector"),
          "may not specified at the same time as requirements");
    }
    if (!raw && !requirements) {
      errors.required(
          at,
          "requirements",
          "when " + at + " is specified, requirements or rawSelector is required");
    }
    int i = 0;
    for (JsonNode requirement : selector.path("requirements")) {
      requirement(
          requirement, field.equals("labelSelector"), at.child("requirements").index(i++), errors);
    }
  }

  /** Operators that are not known are let through: newer clients may have them. */
  private static void requirement(
      JsonNode requirement, boolean label, FieldPath at, FieldErrors errors) {
    String key = Nodes.text(requirement, "key");
    if (!label && key.isEmpty()) {
      errors.required(at, "key", "must be specified");
    }
    boolean values = Nodes.has(requirement, "values");
    String operator = Nodes.text(requirement, "operator");
    if ((operator.equals("In") || operator.equals("NotIn")) && !values) {
      errors.required(at, "values", "must be specified when `operator` is 'In' or 'NotIn'");
    } else if ((operator.equals("Exists") || operator.equals("DoesNotExist")) && values) {
      errors.forbidden(
          at, "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
    if (label) {
      errors.invalid(at, "key", key, NameRules.qualifiedName(key));
      int i = 0;
      for (JsonNode value : requirement.path("values")) {
        errors.invalid(
            at.child("values").index(i++),
            "",
            value.asText(),
            NameRules.labelValue(value.asText()));
      }
    }
  }
}
