package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.system.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Custom resources in the OpenAPI documents. */
@Conformance
class PublishOpenApiIT {

  private static final String FOO =
      """
      {type: object, description: Foo CRD for Testing, properties: {
        spec: {type: object, description: Specification of Foo, properties: {
          bars: {type: array, description: List of Bars and their specs., items: {type: object, required: [name], properties: {
            name: {type: string, description: Name of Bar.},
            age: {type: string, description: Age of Bar.},
            feeling: {type: string, description: Whether Bar is feeling great., enum: [Great, Down]},
            bazs: {type: array, description: List of Bazs., items: {type: string}}}}}}},
        status: {type: object, description: Status of Foo, properties: {
          bars: {type: array, items: {type: object, properties: {
            name: {type: string, description: Name of Bar.},
            available: {type: boolean, description: Whether the Bar is installed.},
            quxType: {type: string, pattern: '^[a-z]+$'}}}}}}}}
      """
          .replace("\n", " ")
          .strip();

  private static final String WALDO =
      """
      {type: object, description: Waldo CRD for Testing, properties: {
        spec: {type: object, description: Specification of Waldo, properties: {dummy: {type: string, description: Dummy property.}}},
        status: {type: object, description: Status of Waldo, properties: {bars: {type: array, items: {type: object}}}}}}
      """
          .replace("\n", " ")
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

  /** Waits until exactly this schema is published, besides what every kind has. */
  private static void awaitSchema(Space space, CustomKind custom, String version, String schema) {
    JsonNode wanted = Manifest.parse(schema);
    awaitDefinition(space, name(custom, version), d -> without(d).equals(wanted));
  }

  private static JsonNode without(JsonNode definition) {
    if (definition instanceof ObjectNode object) {
      object.remove(List.of("x-kubernetes-group-version-kind", "x-kubernetes-selectable-fields"));
      if (object.get("properties") instanceof ObjectNode properties) {
        properties.remove(List.of("metadata", "apiVersion", "kind"));
        if (properties.isEmpty()) {
          object.remove("properties");
        }
      }
    }
    return definition;
  }

  private static void awaitGone(Space space, CustomKind custom, String version) {
    awaitDefinition(space, name(custom, version), JsonNode::isMissingNode);
  }

  /** Deletes the definition, and waits until nothing is published of it. */
  private static void end(Space space, CustomKind custom, String... versions) {
    custom.delete();
    for (String version : versions) {
      awaitGone(space, custom, version);
    }
  }

  /** kubectl, which looks at the schema first, creates and applies such an object. */
  private static void accepts(Space space, CustomKind custom, String rest) {
    ObjectNode tree = Manifest.parse(custom.object("test-cr", rest));
    String object = tree.toString();
    for (String verb : List.of("create", "apply")) {
      space.kubectl().runWithInput(object, verb, "-f", "-");
      if (verb.equals("apply")) {
        // The second time it patches, in a way that the document names.
        tree.withObjectProperty("metadata").withObjectProperty("labels").put("round", "second");
        assertThat(space.kubectl().runWithInput(tree.toString(), verb, "-f", "-"))
            .contains("configured");
      }
      space.kubectl().run("delete", custom.plural, "test-cr");
    }
  }

  private static void refuses(Space space, CustomKind custom, String rest, String why) {
    String object = Manifest.parse(custom.object("test-cr", rest)).toString();
    for (String verb : List.of("create", "apply")) {
      Shell.Result result = space.kubectl().attempt(object, verb, "-f", "-");
      assertThat(result.exitCode()).isNotZero();
      assertThat(result.all()).as(verb).contains(why);
    }
  }

  private static void explains(Space space, String what, String pattern) {
    Pattern wanted = Pattern.compile(pattern, Pattern.DOTALL);
    Awaitility.await(what + " as " + pattern)
        .atMost(Duration.ofSeconds(60))
        .until(() -> wanted.matcher(space.kubectl().attempt("", "explain", what).out()).find());
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " with validation schema [Conformance]")
  void withSchema(Space space) {
    CustomKind custom = CustomKind.create(space, FOO);
    awaitSchema(space, custom, "v1", FOO);
    accepts(space, custom, "spec: {bars: [{name: test-bar}]}");
    refuses(
        space,
        custom,
        "spec: {bars: [{name: test-bar, feeling: NonExistentValue}]}",
        "Unsupported value: \"NonExistentValue\"");
    refuses(space, custom, "spec: {foo: true}", "unknown field \"spec.foo\"");
    refuses(space, custom, "spec: {bars: [{age: '10'}]}", "spec.bars[0].name: Required value");
    explains(
        space,
        custom.plural,
        "DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*APIVersion"
            + " defines.*spec.*<Object>.*Specification of Foo");
    explains(
        space,
        custom.plural + ".metadata",
        "DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>"
            + ".*CreationTimestamp is a timestamp");
    explains(
        space,
        custom.plural + ".spec",
        "DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\\[\\]Object>.*List of Bars and their"
            + " specs");
    explains(
        space,
        custom.plural + ".spec.bars",
        "(FIELD|RESOURCE):.*bars.*<\\[\\]Object>.*DESCRIPTION:.*List of Bars and their specs"
            + ".*FIELDS:.*bazs.*<\\[\\]string>.*List of Bazs.*name.*<string>.*Name of Bar");
    Shell.Result none = space.kubectl().attempt("", "explain", custom.plural + ".spec.bars2");
    assertThat(none.exitCode()).isNotZero();
    assertThat(none.all()).contains("field \"bars2\" does not exist");
    end(space, custom, "v1");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " without validation schema [Conformance]")
  void withoutSchema(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    awaitSchema(space, custom, "v1", "{type: object}");
    accepts(space, custom, "a: {b: [{c: d}]}");
    explains(space, custom.plural, "DESCRIPTION:.*<empty>");
    end(space, custom, "v1");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " preserving unknown fields at the schema root [Conformance]")
  void unknownAtRoot(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "{type: object, description: preserve-unknown-properties at root for Testing,"
                + " x-kubernetes-preserve-unknown-fields: true, properties: {spec: {type: object,"
                + " description: Specification of Waldo, properties: {dummy: {type: string}}},"
                + " status: {type: object, properties: {bars: {type: array, items: {type:"
                + " object}}}}}}");
    awaitSchema(space, custom, "v1", "{type: object}");
    accepts(space, custom, "a: {b: [{c: d}]}");
    explains(space, custom.plural, "KIND:.*" + custom.kind);
    end(space, custom, "v1");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD"
          + " preserving unknown fields in an embedded object [Conformance]")
  void unknownEmbedded(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "{type: object, description: preserve-unknown-properties in nested field for Testing,"
                + " properties: {spec: {type: object, description: Specification of Waldo,"
                + " x-kubernetes-preserve-unknown-fields: true, properties: {dummy: {type:"
                + " string}}}, status: {type: object, description: Status of Waldo, properties:"
                + " {bars: {type: array, items: {type: object}}}}}}");
    awaitSchema(
        space,
        custom,
        "v1",
        "{type: object, description: preserve-unknown-properties in nested field for Testing,"
            + " properties: {spec: {description: Specification of Waldo,"
            + " x-kubernetes-preserve-unknown-fields: true}, status: {type: object, description:"
            + " Status of Waldo, properties: {bars: {type: array, items: {type: object}}}}}}");
    accepts(space, custom, "spec: {a: null, b: [{c: d}]}");
    explains(
        space, custom.plural, "DESCRIPTION:.*preserve-unknown-properties in nested\\s+field for");
    end(space, custom, "v1");
  }

  private static String version(String name, boolean served, boolean storage, String schema) {
    return "{name: %s, served: %s, storage: %s, schema: {openAPIV3Schema: %s}}"
        .formatted(name, served, storage, schema);
  }

  private static String group() {
    return "g" + Space.unique() + ".example.com";
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for"
          + " multiple CRDs of different groups [Conformance]")
  void groups(Space space) {
    CustomKind foo = CustomKind.create(space, FOO);
    CustomKind waldo =
        CustomKind.create(space, group(), "waldo", version("v1beta1", true, true, WALDO));
    assertThat(foo.group).isNotEqualTo(waldo.group);
    awaitSchema(space, waldo, "v1beta1", WALDO);
    awaitSchema(space, foo, "v1", FOO);
    end(space, foo, "v1");
    end(space, waldo, "v1beta1");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for"
          + " multiple CRDs of same group but different versions [Conformance]")
  void versions(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            group(),
            "foo",
            version("v2", true, true, FOO) + ", " + version("v3", true, false, FOO));
    awaitSchema(space, custom, "v3", FOO);
    awaitSchema(space, custom, "v2", FOO);
    end(space, custom, "v2", "v3");
    String group = group();
    CustomKind foo = CustomKind.create(space, group, "foo", version("v4", true, true, FOO));
    CustomKind waldo = CustomKind.create(space, group, "waldo", version("v5", true, true, WALDO));
    awaitSchema(space, waldo, "v5", WALDO);
    awaitSchema(space, foo, "v4", FOO);
    end(space, foo, "v4");
    end(space, waldo, "v5");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for"
          + " multiple CRDs of same group and version but different kinds [Conformance]")
  void kinds(Space space) {
    String group = group();
    CustomKind foo = CustomKind.create(space, group, "foo", version("v6", true, true, FOO));
    CustomKind waldo = CustomKind.create(space, group, "waldo", version("v6", true, true, WALDO));
    awaitSchema(space, waldo, "v6", WALDO);
    awaitSchema(space, foo, "v6", FOO);
    end(space, foo, "v6");
    awaitSchema(space, waldo, "v6", WALDO);
    end(space, waldo, "v6");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the"
          + " published spec when one version gets renamed [Conformance]")
  void renamed(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            group(),
            "foo",
            version("v2", true, true, FOO) + ", " + version("v3", true, false, FOO));
    awaitSchema(space, custom, "v3", FOO);
    awaitSchema(space, custom, "v2", FOO);
    space.jsonPatch(
        "customresourcedefinitions.apiextensions.k8s.io",
        custom.definition(),
        """
        [{"op": "test", "path": "/spec/versions/1/name", "value": "v3"},
         {"op": "replace", "path": "/spec/versions/1/name", "value": "v4"}]
        """);
    awaitSchema(space, custom, "v4", FOO);
    awaitGone(space, custom, "v3");
    awaitSchema(space, custom, "v2", FOO);
    end(space, custom, "v2", "v4");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes"
          + " definition from spec when one version gets changed to not be served [Conformance]")
  void notServed(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            group(),
            "foo",
            version("v5", true, true, FOO) + ", " + version("v6alpha1", true, false, FOO));
    awaitSchema(space, custom, "v6alpha1", FOO);
    awaitSchema(space, custom, "v5", FOO);
    space.edit(
        "customresourcedefinitions.apiextensions.k8s.io",
        custom.definition(),
        d -> ((ObjectNode) d.at("/spec/versions/1")).put("served", false));
    awaitGone(space, custom, "v6alpha1");
    awaitSchema(space, custom, "v5", FOO);
    end(space, custom, "v5");
  }
}
