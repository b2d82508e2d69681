package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Custom resources in the OpenAPI documents. */
@Conformance
class PublishOpenApiIT {

  private static final String SCHEMA =
      """
      {type: object, description: Foo CRD for Testing, properties: {spec: {type: object, description: Specification of Foo, required: [bars], properties: {bars: {type: array, items: {type: object, required: [name], properties: {name: {type: string}, age: {type: string}}}}}}}}
      """
          .strip();

  private static JsonNode definitions(Space space) {
    return space.api().get("/openapi/v2").ok().path("definitions");
  }

  /** The name under which OpenAPI v2 has a kind: the group's parts the other way round. */
  private static String name(CustomKind custom, String version) {
    List<String> parts = new ArrayList<>(List.of(custom.group.split("\\.")));
    return String.join(".", parts.reversed()) + "." + version + "." + custom.kind;
  }

  private static void awaitDefinition(Space space, String name, Predicate<JsonNode> wanted) {
    Awaitility.await(name)
        .atMost(Duration.ofSeconds(60))
        .until(() -> wanted.test(definitions(space).path(name)));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " with validation schema [Conformance]")
  void withSchema(Space space) {
    CustomKind custom = CustomKind.create(space, SCHEMA);
    awaitDefinition(
        space, name(custom, "v1"), d -> d.at("/properties/spec/properties").has("bars"));
    String good = custom.object("test-cr", "spec: {bars: [{name: test-bar}]}");
    space.kubectl().runWithInput(Manifest.parse(good).toString(), "create", "-f", "-");
    assertThat(
            space
                .kubectl()
                .attempt(
                    Manifest.parse(custom.object("bad", "spec: {foo: true}")).toString(),
                    "create",
                    "-f",
                    "-")
                .all())
        .contains("unknown field \"spec.foo\"");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            space
                .kubectl()
                .attempt("", "explain", custom.plural + ".spec.bars")
                .out()
                .contains("age"));
    assertThat(space.kubectl().run("explain", custom.plural))
        .contains("DESCRIPTION:", "Foo CRD for Testing");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " without validation schema [Conformance]")
  void withoutSchema(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    awaitDefinition(space, name(custom, "v1"), d -> d.path("type").asText().equals("object"));
    space
        .kubectl()
        .runWithInput(
            Manifest.parse(custom.object("test-cr", "a: {b: c}")).toString(), "apply", "-f", "-");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            space.kubectl().attempt("", "explain", custom.plural).out().contains(custom.kind));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " preserving unknown fields at the schema root [Conformance]")
  void unknownAtRoot(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    awaitDefinition(
        space, name(custom, "v1"), d -> d.path("x-kubernetes-preserve-unknown-fields").asBoolean());
    space
        .kubectl()
        .runWithInput(
            Manifest.parse(custom.object("test-cr", "a: {b: c}")).toString(), "create", "-f", "-");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " preserving unknown fields in an embedded object [Conformance]")
  void unknownEmbedded(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "{type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields:"
                + " true}, status: {type: object, x-kubernetes-preserve-unknown-fields: true}}}");
    awaitDefinition(
        space,
        name(custom, "v1"),
        d -> d.at("/properties/spec/x-kubernetes-preserve-unknown-fields").asBoolean());
    space
        .kubectl()
        .runWithInput(
            Manifest.parse(custom.object("test-cr", "spec: {b: [c]}")).toString(),
            "create",
            "-f",
            "-");
  }

  private static String version(String name, boolean served, boolean storage) {
    return "{name: %s, served: %s, storage: %s, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}}"
        .formatted(name, served, storage);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for"
          + " multiple CRDs of different groups [Conformance]")
  void groups(Space space) {
    CustomKind one = CustomKind.create(space, SCHEMA);
    CustomKind two = CustomKind.create(space, SCHEMA);
    assertThat(one.group).isNotEqualTo(two.group);
    awaitDefinition(space, name(one, "v1"), d -> d.has("properties"));
    awaitDefinition(space, name(two, "v1"), d -> d.has("properties"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for"
          + " multiple CRDs of same group but different versions [Conformance]")
  void versions(Space space) {
    String group = "g" + Space.unique() + ".example.com";
    CustomKind custom =
        CustomKind.create(
            space, group, "foo", version("v1", true, true) + ", " + version("v2", true, false));
    awaitDefinition(space, name(custom, "v1"), d -> d.has("properties"));
    awaitDefinition(space, name(custom, "v2"), d -> d.has("properties"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for"
          + " multiple CRDs of same group and version but different kinds [Conformance]")
  void kinds(Space space) {
    String group = "g" + Space.unique() + ".example.com";
    CustomKind one = CustomKind.create(space, group, "foo", version("v1", true, true));
    CustomKind two = CustomKind.create(space, group, "bar", version("v1", true, true));
    awaitDefinition(space, name(one, "v1"), d -> d.has("properties"));
    awaitDefinition(space, name(two, "v1"), d -> d.has("properties"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the"
          + " published spec when one version gets renamed [Conformance]")
  void renamed(Space space) {
    String group = "g" + Space.unique() + ".example.com";
    CustomKind custom =
        CustomKind.create(
            space, group, "foo", version("v2", true, true) + ", " + version("v3", true, false));
    awaitDefinition(space, name(custom, "v3"), d -> d.has("properties"));
    space.edit(
        "customresourcedefinitions.apiextensions.k8s.io",
        custom.definition(),
        d -> ((ObjectNode) d.at("/spec/versions/1")).put("name", "v4"));
    awaitDefinition(space, name(custom, "v4"), d -> d.has("properties"));
    awaitDefinition(space, name(custom, "v3"), JsonNode::isMissingNode);
    awaitDefinition(space, name(custom, "v2"), d -> d.has("properties"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes"
          + " definition from spec when one version gets changed to not be served [Conformance]")
  void notServed(Space space) {
    String group = "g" + Space.unique() + ".example.com";
    CustomKind custom =
        CustomKind.create(
            space,
            group,
            "foo",
            version("v5", true, true) + ", " + version("v6alpha1", true, false));
    awaitDefinition(space, name(custom, "v6alpha1"), d -> d.has("properties"));
    space.edit(
        "customresourcedefinitions.apiextensions.k8s.io",
        custom.definition(),
        d -> ((ObjectNode) d.at("/spec/versions/1")).put("served", false));
    awaitDefinition(space, name(custom, "v6alpha1"), JsonNode::isMissingNode);
    awaitDefinition(space, name(custom, "v5"), d -> d.has("properties"));
  }
}
