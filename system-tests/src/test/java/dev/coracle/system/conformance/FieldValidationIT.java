package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is told about fields that do not belong there. */
@Conformance
class FieldValidationIT {

  private static final String VALIDATION = "?fieldValidation=";

  private static Reply createTyped(Space space, String mode, String json) {
    return space
        .api()
        .send(
            "POST",
            space.path("deployments.apps") + VALIDATION + mode,
            "application/json",
            json,
            Map.of());
  }

  private static String deployment(String name, String metadata, String spec) {
    return """
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "%s"%s},
     "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, %s
       "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}
    """
        .formatted(name, metadata, spec);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed"
          + " object [Conformance]")
  void typed(Space space) {
    String body = deployment("d", "", "\"unknownField\": 1, \"paused\": true, \"paused\": false,");
    Reply strict = createTyped(space, "Strict", body);
    assertThat(strict.refused(400).path("message").asText())
        .contains(
            "strict decoding error: ",
            "unknown field \"spec.unknownField\"",
            "duplicate field \"spec.paused\"");
    Reply warn = createTyped(space, "Warn", body);
    warn.ok();
    assertThat(warn.warning())
        .contains("unknown field \\\"spec.unknownField\\\"", "duplicate field \\\"spec.paused\\\"");
    Reply ignore = createTyped(space, "Ignore", body.replace("\"d\"", "\"e\""));
    ignore.ok();
    assertThat(ignore.warning()).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object"
          + " [Conformance]")
  void typedMetadata(Space space) {
    String body = deployment("d", ", \"unknownMeta\": \"x\"", "");
    assertThat(createTyped(space, "Strict", body).refused(400).path("message").asText())
        .contains("strict decoding error: unknown field \"metadata.unknownMeta\"");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should create/apply a valid CR for CRD with validation"
          + " schema [Conformance]")
  void validCustom(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "{type: object, properties: {spec: {type: object, properties: {foo: {type: string},"
                + " cronSpec: {type: string}}}}}");
    custom
        .tryCreate(
            custom.object("one", "spec: {foo: foo1, cronSpec: '* * * * */5'}"),
            VALIDATION + "Strict")
        .ok();
    space
        .tryPatch(
            custom.path() + "/two?fieldManager=m&fieldValidation=Strict",
            "application/apply-patch+yaml",
            custom.object("two", "spec: {foo: foo1}"))
        .ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties"
          + " for CRD with validation schema [Conformance]")
  void invalidCustom(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "{type: object, properties: {spec: {type: object, properties: {foo: {type:"
                + " string}}}}}");
    assertThat(
            custom
                .tryCreate(
                    custom.object("one", "spec: {foo: foo1, extraProperty: x}"),
                    VALIDATION + "Strict")
                .refused(400)
                .path("message")
                .asText())
        .contains("strict decoding error: unknown field \"spec.extraProperty\"");
    assertThat(
            space
                .tryPatch(
                    custom.path() + "/two?fieldManager=m&fieldValidation=Strict",
                    "application/apply-patch+yaml",
                    custom.object("two", "spec: {foo: a, extraProperty: x}"))
                .refused(400)
                .toString())
        .contains("extraProperty");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD"
          + " with no validation schema [Conformance]")
  void noSchema(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    JsonNode made =
        custom
            .tryCreate(custom.object("one", "spec: {any: thing}, more: 1"), VALIDATION + "Strict")
            .ok();
    assertThat(text(made, "/spec/any")).isEqualTo("thing");
    space
        .tryPatch(
            custom.path() + "/two?fieldManager=m&fieldValidation=Strict",
            "application/apply-patch+yaml",
            custom.object("two", "spec: {any: thing}"))
        .ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown"
          + " fields [Conformance]")
  void duplicates(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    Reply reply =
        space
            .api()
            .send(
                "POST",
                custom.path() + VALIDATION + "Strict",
                "application/json",
                "{\"apiVersion\": \"%s/v1\", \"kind\": \"%s\", \"metadata\": {\"name\": \"one\"}, \"spec\": {\"a\": 1, \"a\": 2}}"
                    .formatted(custom.group, custom.kind),
                Map.of());
    assertThat(reply.refused(400).path("message").asText())
        .contains("strict decoding error: duplicate field \"spec.a\"");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root"
          + " and embedded object of a CR [Conformance]")
  void embedded(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "{type: object, properties: {template: {type: object, x-kubernetes-embedded-resource:"
                + " true, properties: {apiVersion: {type: string}, kind: {type: string}, metadata:"
                + " {type: object}}}}}");
    Reply reply =
        custom.tryCreate(
            "{apiVersion: %s/v1, kind: %s, metadata: {name: one, unknownMeta: x}, template: {apiVersion: v1, kind: Pod, metadata: {name: a, unknownEmbedded: y}}}"
                .formatted(custom.group, custom.kind),
            VALIDATION + "Strict");
    assertThat(reply.refused(400).path("message").asText())
        .contains(
            "unknown field \"metadata.unknownMeta\"",
            "unknown field \"template.metadata.unknownEmbedded\"");
  }
}
