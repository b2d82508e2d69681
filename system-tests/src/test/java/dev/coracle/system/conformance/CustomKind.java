package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** A custom resource of a group that only one test knows; it goes when the test has ended. */
final class CustomKind {

  static final String ANYTHING = "{type: object, x-kubernetes-preserve-unknown-fields: true}";

  private final Space space;
  final String group;
  final String plural;
  final String kind;

  private CustomKind(Space space, String group, String plural, String kind) {
    this.space = space;
    this.group = group;
    this.plural = plural;
    this.kind = kind;
  }

  /** Version v1, namespaced, of this schema; under a name that kubectl finds in no other group. */
  static CustomKind create(Space space, String schema) {
    return create(
        space,
        "g" + Space.unique() + ".example.com",
        "foo" + Space.unique(),
        "{name: v1, served: true, storage: true, schema: {openAPIV3Schema: " + schema + "}}");
  }

  static CustomKind create(Space space, String group, String singular, String versions) {
    String kind = Character.toUpperCase(singular.charAt(0)) + singular.substring(1);
    CustomKind custom = new CustomKind(space, group, singular + "s", kind);
    space.create(custom.manifest(versions));
    space.atEnd(() -> space.api().send("DELETE", custom.definitionPath(), "", "", Map.of()));
    custom.awaitEstablished();
    return custom;
  }

  private ObjectNode manifest(String versions) {
    return Manifest.parse(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: %s.%s}
        spec:
          group: %2$s
          scope: Namespaced
          names: {plural: %1$s, singular: %s, kind: %s, listKind: %4$sList}
          versions: [%s]
        """
            .formatted(plural, group, plural.substring(0, plural.length() - 1), kind, versions));
  }

  String definition() {
    return plural + "." + group;
  }

  private String definitionPath() {
    return "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + definition();
  }

  JsonNode awaitEstablished() {
    return space.await(
        "customresourcedefinitions.apiextensions.k8s.io",
        definition(),
        "established",
        d -> hasCondition(d, "Established", "True") && hasCondition(d, "NamesAccepted", "True"));
  }

  /** Deletes the definition now. */
  void delete() {
    space.delete("customresourcedefinitions.apiextensions.k8s.io", definition());
  }

  /** The path of its objects in the test's namespace. */
  String path() {
    return path("v1");
  }

  String path(String version) {
    return "/apis/" + group + "/" + version + "/namespaces/" + space.namespace() + "/" + plural;
  }

  /** An object of this name; the rest as YAML flow without braces. */
  String object(String name, String rest) {
    return "{apiVersion: %s/v1, kind: %s, metadata: {name: %s}%s}"
        .formatted(group, kind, name, rest.isEmpty() ? "" : ", " + rest);
  }

  Reply tryCreate(String yaml, String query) {
    return space.send("POST", path() + query, Manifest.parse(yaml));
  }

  JsonNode create(String name, String rest) {
    return tryCreate(object(name, rest), "").ok();
  }
}
