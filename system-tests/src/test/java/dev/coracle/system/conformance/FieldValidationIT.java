package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
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

  /** As upstream's tests have it: a pattern, and a list by two keys; the rest of {@code spec}. */
  private static String schema(String spec) {
    return """
    {type: object, properties: {spec: {type: object, %s properties: {
      foo: {type: string},
      cronSpec: {type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'},
      template: {type: object, x-kubernetes-embedded-resource: true, properties: {
        metadata: {type: object, properties: {name: {type: string}}}, spec: {type: object}}},
      ports: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [containerPort, protocol],
        items: {type: object, required: [containerPort, protocol], properties: {
          containerPort: {type: integer, format: int32}, hostIP: {type: string}, hostPort: {type: integer, format: int32},
          name: {type: string}, protocol: {type: string}}}}}}}}
    """
        .formatted(spec)
        .replace("\n", " ");
  }

  private static final String PRESERVED = "x-kubernetes-preserve-unknown-fields: true,";

  /** Applies this YAML, of which the first lines are the object's head. */
  private static Reply apply(Space space, CustomKind custom, String mode, String rest) {
    String yaml =
        "\napiVersion: %s/v1\nkind: %s\nmetadata:\n  name: mytest\n%s"
            .formatted(custom.group, custom.kind, rest);
    return space
        .api()
        .send(
            "PATCH",
            custom.path() + "/mytest?fieldManager=field_validation_mgr&fieldValidation=" + mode,
            "application/apply-patch+yaml",
            yaml,
            Map.of());
  }

  private static final String SPEC =
      """
      spec:
        foo: foo1
        cronSpec: "* * * * */5"
        ports:
        - name: x
          containerPort: 80
          protocol: TCP
      """;

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed"
          + " object [Conformance]")
  void typed(Space space) {
    String body =
        deployment("d", "", "\"unknownField\": \"foo\", \"paused\": true, \"paused\": false,");
    assertThat(createTyped(space, "Strict", body).refused(400).path("message").asText())
        .contains(
            "strict decoding error: unknown field \"spec.unknownField\", duplicate field"
                + " \"spec.paused\"");
    Reply warn = createTyped(space, "Warn", body);
    warn.ok();
    assertThat(warn.warning())
        .contains("unknown field \\\"spec.unknownField\\\"", "duplicate field \\\"spec.paused\\\"");
    Reply ignore = createTyped(space, "Ignore", body.replace("\"d\"", "\"e\""));
    ignore.ok();
    assertThat(ignore.warning()).isEmpty();
  }

  /** The reader of YAML sees keys that stand twice, and tells their lines. */
  @Test
  void typedYaml(Space space) {
    String yaml =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: twice
          unknownMeta: x
        data:
          a: one
          a: two
        """;
    Reply strict = createYaml(space, "Strict", yaml);
    assertThat(strict.refused(400).path("message").asText())
        .endsWith(
            "strict decoding error: yaml: unmarshal errors:\n"
                + "  line 8: key \"a\" already set in map, unknown field \"metadata.unknownMeta\"");
    Reply warn = createYaml(space, "Warn", yaml);
    assertThat(text(warn.ok(), "/data/a")).isEqualTo("two");
    assertThat(warn.warning())
        .contains("line 8: key \\\"a\\\" already set in map", "metadata.unknownMeta");
    assertThat(createYaml(space, "Ignore", yaml.replace("twice", "again")).warning()).isEmpty();
  }

  private static Reply createYaml(Space space, String mode, String yaml) {
    return space
        .api()
        .send(
            "POST",
            space.path("configmaps") + VALIDATION + mode,
            "application/yaml",
            yaml,
            Map.of());
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
    CustomKind custom = CustomKind.create(space, schema(""));
    custom
        .tryCreate(
            custom.object(
                "one",
                "spec: {foo: foo1, cronSpec: '* * * * */5', ports: [{name: x, containerPort: 80,"
                    + " protocol: TCP}]}"),
            VALIDATION + "Strict")
        .ok();
    assertThat(text(apply(space, custom, "Strict", SPEC).ok(), "/spec/ports/0/name"))
        .isEqualTo("x");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties"
          + " for CRD with validation schema [Conformance]")
  void invalidCustom(Space space) {
    CustomKind custom = CustomKind.create(space, schema(""));
    assertThat(
            custom
                .tryCreate(
                    custom.object("one", "spec: {foo: foo1, extraProperty: x}"),
                    VALIDATION + "Strict")
                .refused(400)
                .path("message")
                .asText())
        .contains("strict decoding error: unknown field \"spec.extraProperty\"");
    for (String mode : List.of("Strict", "Warn", "Ignore")) {
      Reply reply = apply(space, custom, mode, "unknownField: unknown\n" + SPEC);
      assertThat(reply.code()).as(mode).isEqualTo(400);
      assertThat(reply.text()).contains(".unknownField: field not declared in schema");
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD"
          + " with no validation schema [Conformance]")
  void anything(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    JsonNode made =
        custom
            .tryCreate(custom.object("one", "spec: {any: thing}, more: 1"), VALIDATION + "Strict")
            .ok();
    assertThat(text(made, "/spec/any")).isEqualTo("thing");
    JsonNode applied =
        apply(space, custom, "Strict", SPEC.replace("foo: foo1", "unknown: uk1")).ok();
    assertThat(text(applied, "/spec/unknown")).isEqualTo("uk1");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown"
          + " fields [Conformance]")
  void duplicates(Space space) {
    CustomKind custom = CustomKind.create(space, schema(PRESERVED));
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
    String twice = SPEC.replace("  foo: foo1\n", "  unknown: uk1\n  foo: foo1\n  foo: foo2\n");
    assertThat(apply(space, custom, "Strict", twice).refused(400).path("message").asText())
        .isEqualTo(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
                + "  line 9: key \"foo\" already set in map");
    Reply warn = apply(space, custom, "Warn", twice);
    assertThat(text(warn.ok(), "/spec/foo")).isEqualTo("foo2");
    assertThat(warn.warning()).contains("line 9: key \\\"foo\\\" already set in map");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root"
          + " and embedded object of a CR [Conformance]")
  void embedded(Space space) {
    CustomKind custom = CustomKind.create(space, schema(PRESERVED));
    Reply reply =
        custom.tryCreate(
            "{apiVersion: %s/v1, kind: %s, metadata: {name: one, unknownMeta: x}, spec: {template: {apiVersion: foo/v1, kind: Sub, metadata: {name: a, unknownSubMeta: y}}}}"
                .formatted(custom.group, custom.kind),
            VALIDATION + "Strict");
    assertThat(reply.refused(400).path("message").asText())
        .contains(
            "unknown field \"metadata.unknownMeta\"",
            "unknown field \"spec.template.metadata.unknownSubMeta\"");
    String sub =
        "  template:\n"
            + "    apiVersion: foo/v1\n"
            + "    kind: Sub\n"
            + "    metadata:\n"
            + "      unknownSubMeta: unknown\n"
            + "      name: subobject\n"
            + "      namespace: x\n";
    assertThat(
            apply(
                    space,
                    custom,
                    "Strict",
                    "  unknownMeta: unknown\n" + SPEC.replace("spec:\n", "spec:\n" + sub))
                .refused(400)
                .path("message")
                .asText())
        .contains(
            ".metadata.unknownMeta: field not declared in schema",
            ".spec.template.metadata.unknownSubMeta: field not declared in schema");
  }
}
