package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The life of namespaces. */
@Conformance
class NamespacesIT {

  private static String fresh(Space space) {
    String name = "conformance-" + Space.unique();
    space.create("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
    space.atEnd(() -> space.api().send("DELETE", "/api/v1/namespaces/" + name, "", "", Map.of()));
    return name;
  }

  private static void deleteAndAwait(Space space, String name) {
    space.delete("namespaces", name);
    space.awaitGone("namespaces", name);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Namespaces should ensure that all pods are removed when a namespace is"
          + " deleted [Conformance] [Serial]")
  void pods(Space space) {
    String name = fresh(space);
    space.create(TestPod.sleeping("one").meta("{namespace: %s, name: one}".formatted(name)).json());
    deleteAndAwait(space, name);
    space.create("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
    assertThat(Space.items(space.api().get("/api/v1/namespaces/" + name + "/pods").ok())).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Namespaces should ensure that all services are removed when a namespace"
          + " is deleted [Conformance] [Serial]")
  void services(Space space) {
    String name = fresh(space);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: %s}, spec: {ports: [{port: 80}], selector: {a: b}}}"
            .formatted(name));
    deleteAndAwait(space, name);
    space.create("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
    assertThat(Space.items(space.api().get("/api/v1/namespaces/" + name + "/services").ok()))
        .isEmpty();
  }

  @Test
  @DisplayName("[sig-api-machinery] Namespaces should patch a Namespace [Conformance] [Serial]")
  void patch(Space space) {
    String name = fresh(space);
    space.strategic("namespaces", name, "{metadata: {labels: {testLabel: testValue}}}");
    JsonNode read = space.get("namespaces", name);
    assertThat(text(read, "/metadata/labels/testLabel")).isEqualTo("testValue");
    assertThat(text(read, "/metadata/labels/kubernetes.io~1metadata.name")).isEqualTo(name);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Namespaces should apply an update to a Namespace [Conformance] [Serial]")
  void update(Space space) {
    String name = fresh(space);
    space.edit(
        "namespaces", name, n -> ((ObjectNode) n.at("/metadata/labels")).put(name, "updated"));
    assertThat(text(space.get("namespaces", name), "/metadata/labels/" + name))
        .isEqualTo("updated");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Namespaces should apply a finalizer to a Namespace [Conformance]"
          + " [Serial]")
  void finalizer(Space space) {
    String name = fresh(space);
    space.edit(
        "namespaces",
        name,
        "finalize",
        n ->
            ((ObjectNode) n.get("spec"))
                .withArray("finalizers")
                .add("e2e.example.com/fakeFinalizer"));
    assertThat(space.get("namespaces", name).at("/spec/finalizers").toString())
        .contains("e2e.example.com/fakeFinalizer");
    space.edit(
        "namespaces",
        name,
        "finalize",
        n -> ((ObjectNode) n.get("spec")).putArray("finalizers").add("kubernetes"));
    deleteAndAwait(space, name);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Namespaces should apply changes to a namespace status [Conformance]"
          + " [Serial]")
  void status(Space space) {
    String name = fresh(space);
    JsonNode patched =
        space.mergeStatus(
            "namespaces",
            name,
            "{metadata: {annotations: {e2e-patched: 'true'}}, status: {conditions: [{type:"
                + " StatusPatch, status: 'True', reason: E2E, message: Patched by an e2e test}]}}");
    assertThat(hasCondition(patched, "StatusPatch", "True")).isTrue();
    assertThat(text(patched, "/metadata/annotations/e2e-patched")).isEqualTo("true");
    JsonNode updated =
        space.edit(
            "namespaces",
            name,
            "status",
            n ->
                ((ObjectNode) n.get("status"))
                    .withArray("conditions")
                    .addObject()
                    .put("type", "StatusUpdate")
                    .put("status", "True")
                    .put("reason", "E2E")
                    .put("message", "Updated by an e2e test"));
    assertThat(hasCondition(updated, "StatusUpdate", "True")).isTrue();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first"
          + " [Conformance]")
  void podFirst(Space space) {
    String name = fresh(space);
    String finalizer = "e2e-test/finalizer";
    space.create(
        TestPod.sleeping("held")
            .meta("{namespace: %s, name: held, finalizers: [%s]}".formatted(name, finalizer))
            .json());
    space.create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: map, namespace: %s}}".formatted(name));
    space.delete("namespaces", name);
    space.await(
        "namespaces",
        name,
        "waiting for its pod",
        n -> hasCondition(n, "NamespaceContentRemaining", "True"));
    String map = "/api/v1/namespaces/" + name + "/configmaps/map";
    assertThat(space.api().get(map).ok().path("metadata").has("deletionTimestamp")).isFalse();
    space
        .api()
        .send(
            "PATCH",
            "/api/v1/namespaces/" + name + "/pods/held",
            "application/merge-patch+json",
            "{\"metadata\": {\"finalizers\": null}}",
            Map.of())
        .ok();
    space.awaitGone("namespaces", name);
  }
}
