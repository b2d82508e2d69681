package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
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
    assertThat(space.api().get(custom.path()).code()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple"
          + " CustomResourceDefinition listing custom resource definition objects works"
          + " [Conformance]")
  void list(Space space) {
    String label = Space.unique();
    for (int i = 0; i < 3; i++) {
      CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
      space.merge(
          RESOURCE, custom.definition(), "{metadata: {labels: {set: %s}}}".formatted(label));
    }
    assertThat(space.list(RESOURCE, "set=" + label)).hasSize(3);
    space.deleteAll(RESOURCE, "set=" + label);
    space.awaitList(RESOURCE, "set=" + label, "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple"
          + " CustomResourceDefinition getting/updating/patching custom resource definition status"
          + " sub-resource works [Conformance]")
  void status(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    String name = custom.definition();
    assertThat(text(space.api().get(space.path(RESOURCE, name) + "/status").ok(), "/kind"))
        .isEqualTo("CustomResourceDefinition");
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
                            "{type: StatusUpdate, status: 'True', reason: E2E, message: Set from"
                                + " e2e test}")));
    assertThat(hasCondition(updated, "StatusUpdate", "True")).isTrue();
    JsonNode patched =
        space.mergeStatus(
            RESOURCE,
            name,
            "{status: {conditions: [{type: StatusPatched, status: 'True', reason: E2E, message:"
                + " m}]}}");
    assertThat(hasCondition(patched, "StatusPatched", "True")).isTrue();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should"
          + " include custom resource definition resources in discovery documents [Conformance]")
  void discovery(Space space) {
    List<String> groups = new ArrayList<>();
    space.api().get("/apis").ok().path("groups").forEach(g -> groups.add(text(g, "/name")));
    assertThat(groups).contains("apiextensions.k8s.io");
    assertThat(text(space.api().get("/apis/apiextensions.k8s.io").ok(), "/versions/0/version"))
        .isEqualTo("v1");
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
    try (Watcher watcher = new Watcher(space.api(), custom.path() + "?watch=true")) {
      custom.create("one", "");
      watcher.expect("ADDED", "one");
      custom.create("two", "");
      watcher.expect("ADDED", "two");
      for (String name : List.of("one", "two")) {
        space
            .tryPatch(custom.path() + "/" + name, "application/merge-patch+json", "{spec: {x: y}}")
            .ok();
        watcher.expect("MODIFIED", name);
      }
      for (String name : List.of("one", "two")) {
        space.api().send("DELETE", custom.path() + "/" + name, "", "", Map.of()).ok();
        watcher.expect("DELETED", name);
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
             selectableFields: [{jsonPath: .spec.color}, {jsonPath: .spec.size}]}
            """
                .replace("\n", " "));
    custom.create("one", "spec: {color: blue, size: S}");
    custom.create("two", "spec: {color: blue, size: M}");
    custom.create("three", "spec: {color: green, size: M}");
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
    }
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
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          for (JsonNode group :
              space
                  .api()
                  .get(
                      "/apis",
                      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                  .ok()
                  .path("items")) {
            if (text(group, "/metadata/name").equals(custom.group)) {
              return text(group, "/versions/0/version").equals("v1")
                  && text(group, "/versions/0/resources/0/resource").equals(custom.plural)
                  && text(group, "/versions/0/resources/0/responseKind/kind").equals(custom.kind);
            }
          }
          return false;
        });
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for"
          + " CRDs [Conformance]")
  void rawAggregated(Space space) {
    CustomKind custom = CustomKind.create(space, CustomKind.ANYTHING);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          for (JsonNode group :
              space
                  .api()
                  .get(
                      "/apis",
                      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                  .ok()
                  .path("items")) {
            if (text(group, "/metadata/name").equals(custom.group)) {
              return text(group, "/versions/0/version").equals("v1")
                  && text(group, "/versions/0/resources/0/resource").equals(custom.plural)
                  && text(group, "/versions/0/resources/0/responseKind/kind").equals(custom.kind);
            }
          }
          return false;
        });
  }
}
