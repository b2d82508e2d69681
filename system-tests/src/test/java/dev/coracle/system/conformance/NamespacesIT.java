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

  /** Starts a pod there and waits until it runs. */
  private static void startPod(Space space, String namespace, String metadata) {
    space.create(TestPod.sleeping("pod").meta(metadata).json());
    try (Watcher pods = watch(space, namespace, "pods", "&resourceVersion=0")) {
      pods.next(e -> text(e, "/object/status/phase").equals("Running"));
    }
  }

  private static Watcher watch(Space space, String namespace, String resource, String query) {
    return new Watcher(
        space.api(), "/api/v1/namespaces/" + namespace + "/" + resource + "?watch=true" + query);
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
    startPod(space, name, "{namespace: %s, name: one}".formatted(name));
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
    JsonNode updated =
        space.edit(
            "namespaces", name, n -> ((ObjectNode) n.at("/metadata/labels")).put(name, "updated"));
    assertThat(text(updated, "/metadata/labels/" + name)).isEqualTo("updated");
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
    assertThat(space.get("namespaces", name).at("/spec/finalizers").toString())
        .isEqualTo("[\"kubernetes\"]");
    deleteAndAwait(space, name);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Namespaces should apply changes to a namespace status [Conformance]"
          + " [Serial]")
  void status(Space space) {
    String name = fresh(space);
    JsonNode read = space.api().get("/api/v1/namespaces/" + name + "/status").ok();
    assertThat(text(read, "/metadata/name")).isEqualTo(name);
    assertThat(text(read, "/status/phase")).isEqualTo("Active");
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
    JsonNode last = space.get("namespaces", name);
    assertThat(hasCondition(last, "StatusUpdate", "True")).isTrue();
    assertThat(text(last, "/status/phase")).isEqualTo("Active");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first"
          + " [Conformance]")
  void podFirst(Space space) {
    String name = fresh(space);
    startPod(
        space,
        name,
        "{namespace: %s, name: held, finalizers: [e2e.example.com/finalizer]}".formatted(name));
    space.create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: map, namespace: %s}}".formatted(name));
    try (Watcher pods = watch(space, name, "pods", "");
        Watcher maps = watch(space, name, "configmaps", "&fieldSelector=metadata.name%3Dmap")) {
      space.delete("namespaces", name);
      JsonNode waiting =
          space.await(
              "namespaces",
              name,
              "waiting for its pod",
              n ->
                  hasCondition(n, "NamespaceContentRemaining", "True")
                      && hasCondition(n, "NamespaceFinalizersRemaining", "True")
                      && !Space.condition(n, "NamespaceDeletionContentFailure").isMissingNode());
      assertThat(text(waiting, "/status/phase")).isEqualTo("Terminating");
      String in = "/api/v1/namespaces/" + name;
      JsonNode map = space.api().get(in + "/configmaps/map").ok();
      assertThat(map.path("metadata").has("deletionTimestamp")).isFalse();
      JsonNode pod = space.api().get(in + "/pods/held").ok();
      assertThat(pod.path("metadata").has("deletionTimestamp")).isTrue();
      space
          .api()
          .send(
              "PATCH",
              in + "/pods/held",
              "application/merge-patch+json",
              "{\"metadata\": {\"finalizers\": []}}",
              Map.of())
          .ok();
      long gone = version(pods.next("DELETED"));
      assertThat(version(maps.next("DELETED"))).isGreaterThan(gone);
    }
    space.awaitGone("namespaces", name);
  }

  private static long version(JsonNode event) {
    return Long.parseLong(text(event, "/object/metadata/resourceVersion"));
  }
}
