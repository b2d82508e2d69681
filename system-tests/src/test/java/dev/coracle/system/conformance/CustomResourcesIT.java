package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Custom resource definitions and their objects. */
@Conformance
class CustomResourcesIT {

  private static final String RESOURCE = "customresourcedefinitions.apiextensions.k8s.io";

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple"
          + " CustomResourceDefinition creating/deleting custom resource definition objects works"
          + " [Conformance]")
  void lifecycle(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    custom.create("one", "spec: {a: b}");
    space.delete(RESOURCE, custom.definition());
    space.awaitGone(RESOURCE, custom.definition());
    // What it defined is gone as soon as all have heard of it.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> space.api().get(custom.path()).code() == 404);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple"
          + " CustomResourceDefinition listing custom resource definition objects works"
          + " [Conformance]")
  void list(Space space) {
    String label = Space.unique();
    Map<String, JsonNode> specs = new HashMap<>();
    for (int i = 0; i < 10; i++) {
      CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
      JsonNode labelled =
          space.merge(
              RESOURCE, custom.definition(), "{metadata: {labels: {set: %s}}}".formatted(label));
      specs.put(custom.definition(), labelled.get("spec"));
    }
    CustomKind other = CustomKind.create(space, CustomKind.ANYTHING);
    Map<String, JsonNode> listed = new HashMap<>();
    space
        .list(RESOURCE, "set=" + label)
        .forEach(d -> listed.put(text(d, "/metadata/name"), d.get("spec")));
    assertThat(listed).isEqualTo(specs);
    space.deleteAll(RESOURCE, "set=" + label);
    space.awaitList(RESOURCE, "set=" + label, "gone", List::isEmpty);
    assertThat(space.get(RESOURCE, other.definition()).path("metadata").has("deletionTimestamp"))
        .isFalse();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple"
          + " CustomResourceDefinition getting/updating/patching custom resource definition status"
          + " sub-resource works [Conformance]")
  void status(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    String name = custom.definition();
    JsonNode read = space.api().get(space.path(RESOURCE, name) + "/status").ok();
    assertThat(text(read, "/kind")).isEqualTo("CustomResourceDefinition");
    assertThat(read.get("spec")).isEqualTo(space.get(RESOURCE, name).get("spec"));
    // As a client in Go writes a condition of which it sets the message alone.
    JsonNode updated =
        space.edit(
            RESOURCE,
            name,
            "status",
            d ->
                ((ObjectNode) d.get("status"))
                    .withArray("conditions")
                    .add(
                        Manifest.parse(
                            "{type: '', status: '', lastTransitionTime: null, message: updated}")));
    assertThat(updated.at("/status/conditions").findValuesAsText("message")).contains("updated");
    JsonNode patched =
        space
            .api()
            .send(
                "PATCH",
                space.path(RESOURCE, name) + "/status",
                "application/json-patch+json",
                "[{\"op\": \"add\", \"path\": \"/status/conditions\", \"value\": [{\"message\":"
                    + " \"patched\"}]}]",
                Map.of())
            .ok();
    assertThat(patched.at("/status/conditions").findValuesAsText("message"))
        .containsExactly("patched");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should"
          + " include custom resource definition resources in discovery documents [Conformance]")
  void discovery(Space space) {
    List<String> versions = new ArrayList<>();
    for (JsonNode group : space.api().get("/apis").ok().path("groups")) {
      group.path("versions").forEach(v -> versions.add(text(v, "/groupVersion")));
    }
    assertThat(versions).contains("apiextensions.k8s.io/v1");
    JsonNode group = space.api().get("/apis/apiextensions.k8s.io").ok();
    assertThat(text(group, "/name")).isEqualTo("apiextensions.k8s.io");
    assertThat(text(group, "/versions/0/version")).isEqualTo("v1");
    assertThat(text(space.api().get("/apis/apiextensions.k8s.io/v1").ok(), "/groupVersion"))
        .isEqualTo("apiextensions.k8s.io/v1");
    List<String> names = new ArrayList<>();
    space
        .api()
        .get("/apis/apiextensions.k8s.io/v1")
        .ok()
        .path("resources")
        .forEach(r -> names.add(text(r, "/name")));
    assertThat(names).contains("customresourcedefinitions", "customresourcedefinitions/status");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin]"
          + " CustomResourceDefinition Watch watch on custom resource definition objects"
          + " [Conformance]")
  void watch(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    String watch = custom.path() + "?watch=true";
    String byName = watch + "&fieldSelector=metadata.name%3D";
    try (Watcher all = new Watcher(space.api(), watch);
        Watcher one = new Watcher(space.api(), byName + "one");
        Watcher two = new Watcher(space.api(), byName + "two")) {
      Map<String, Watcher> watchers = Map.of("one", one, "two", two);
      for (String name : List.of("one", "two")) {
        custom.create(name, "");
        all.expect("ADDED", name);
        watchers.get(name).expect("ADDED", name);
      }
      for (String name : List.of("one", "two")) {
        space
            .api()
            .send(
                "PATCH",
                custom.path() + "/" + name,
                "application/json-patch+json",
                "[{\"op\": \"add\", \"path\": \"/dummy\", \"value\": \"test\"}]",
                Map.of())
            .ok();
        all.expect("MODIFIED", name);
        assertThat(text(watchers.get(name).expect("MODIFIED", name), "/object/dummy"))
            .isEqualTo("test");
      }
      for (String name : List.of("one", "two")) {
        space.api().send("DELETE", custom.path() + "/" + name, "", "", Map.of()).ok();
        all.expect("DELETED", name);
        watchers.get(name).expect("DELETED", name);
      }
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceFieldSelectors [Privileged:ClusterAdmin]"
          + " CustomResourceFieldSelectors MUST list and watch custom resources matching the field"
          + " selector [Conformance]")
  void fieldSelectors(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "g" + Space.unique() + ".example.com",
            "shirt",
            """
            {name: v1, served: true, storage: true,
             schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {color: {type: string}, size: {type: string}}}}}},
             selectableFields: [{jsonPath: .spec.color}, {jsonPath: .spec.size}]},
            {name: v0, served: true, storage: false,
             schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
            """
                .replace("\n", " "));
    custom.create("one", "spec: {color: blue, size: S}");
    custom.create("two", "spec: {color: blue, size: M}");
    custom.create("three", "spec: {color: green, size: M}");
    // A version without these fields takes none away from the other.
    space.api().get(custom.path().replace("/v1/", "/v0/")).ok();
    assertThat(names(space, custom.path() + "?fieldSelector=spec.color%3Dblue"))
        .containsExactly("one", "two");
    assertThat(names(space, custom.path() + "?fieldSelector=spec.color%3Dgreen,spec.size%3DM"))
        .containsExactly("three");
    assertThat(space.api().get(custom.path() + "?fieldSelector=spec.host%3Dx").code())
        .isEqualTo(400);
    try (Watcher watcher =
        new Watcher(
            space.api(),
            custom.path() + "?watch=true&fieldSelector=spec.color%3Dblue&resourceVersion=0")) {
      watcher.next("ADDED");
      watcher.next("ADDED");
      custom.create("four", "spec: {color: blue, size: L}");
      watcher.expect("ADDED", "four");
      space
          .tryPatch(custom.path() + "/four", "application/merge-patch+json", "{spec: {color: red}}")
          .ok();
      watcher.expect("DELETED", "four");
      space
          .api()
          .send(
              "DELETE",
              custom.path() + "?fieldSelector=spec.color%3Dblue,spec.size%3DM",
              "",
              "",
              Map.of())
          .ok();
      watcher.expect("DELETED", "two");
    }
    assertThat(names(space, custom.path() + "?fieldSelector=spec.color%3Dblue"))
        .containsExactly("one");
  }

  private static List<String> names(Space space, String path) {
    return Space.items(space.api().get(path).ok()).stream()
        .map(o -> text(o, "/metadata/name"))
        .toList();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for"
          + " CRDs [Conformance]")
  void aggregated(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    // As a client asks, which takes the old form where there is no new one.
    JsonNode group = awaitDiscovered(space, custom, AGGREGATED + ",application/json");
    assertThat(text(group, "/versions/0/resources/0/responseKind/kind")).isEqualTo(custom.kind);
    assertThat(text(group, "/versions/0/resources/0/scope")).isEqualTo("Namespaced");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for"
          + " CRDs [Conformance]")
  void rawAggregated(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    awaitDiscovered(space, custom, AGGREGATED);
    custom.delete();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> group(space, custom, AGGREGATED).isMissingNode());
  }

  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static JsonNode awaitDiscovered(Space space, CustomKind custom, String accept) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> group(space, custom, accept),
            group ->
                text(group, "/versions/0/version").equals("v1")
                    && text(group, "/versions/0/resources/0/resource").equals(custom.plural));
  }

  private static JsonNode group(Space space, CustomKind custom, String accept) {
    for (JsonNode group : space.api().get("/apis", accept).ok().path("items")) {
      if (text(group, "/metadata/name").equals(custom.group)) {
        return group;
      }
    }
    return MissingNode.getInstance();
  }
}
