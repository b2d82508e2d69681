package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.condition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Volumes and claims as objects that find each other. */
@Conformance
class PersistentVolumesIT {

  private static final String VOLUMES = "persistentvolumes";
  private static final String CLAIMS = "persistentvolumeclaims";

  private static String volume(Space space, String storageClass) {
    String name = "conformance-" + Space.unique();
    space.create(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %s, labels: {e2e: %1$s}}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          storageClassName: %s
          persistentVolumeReclaimPolicy: Retain
          csi: {driver: %1$s.example.com, volumeHandle: e2e-conformance}
        """
            .formatted(name, storageClass));
    space.atEnd(
        () -> space.api().send("DELETE", "/api/v1/persistentvolumes/" + name, "", "", Map.of()));
    return name;
  }

  private static void claim(Space space, String storageClass) {
    space.create(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: claim, labels: {e2e: %s}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: %s, resources: {requests: {storage: 1Gi}}}
        """
            .formatted(space.namespace(), storageClass));
  }

  @Test
  @DisplayName(
      "[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and"
          + " a PVC [Conformance]")
  void lifecycle(Space space) {
    String storageClass = "class-" + Space.unique();
    String volume = volume(space, storageClass);
    claim(space, storageClass);
    space.await(CLAIMS, "claim", "bound", c -> text(c, "/status/phase").equals("Bound"));
    assertThat(text(space.get(CLAIMS, "claim"), "/spec/volumeName")).isEqualTo(volume);
    assertThat(
            text(
                space.await(
                    VOLUMES, volume, "bound", v -> text(v, "/status/phase").equals("Bound")),
                "/spec/claimRef/name"))
        .isEqualTo("claim");
    patched(space, VOLUMES, volume);
    patched(space, CLAIMS, "claim");
    assertThat(
            Space.items(
                space
                    .api()
                    .get("/api/v1/persistentvolumes?labelSelector=" + volume + "%3Dpatched")
                    .ok()))
        .hasSize(1);
    assertThat(space.list(CLAIMS, "claim=patched")).hasSize(1);
    space.edit(
        CLAIMS, "claim", c -> ((ObjectNode) c.at("/metadata/labels")).put("claim", "updated"));
    assertThat(
            Space.items(
                space.api().get(space.everywhere(CLAIMS) + "?labelSelector=claim%3Dupdated").ok()))
        .anyMatch(c -> text(c, "/metadata/namespace").equals(space.namespace()));
    space.delete(CLAIMS, "claim");
    space.awaitGone(CLAIMS, "claim");
    space.await(VOLUMES, volume, "released", v -> text(v, "/status/phase").equals("Released"));
    space.delete(VOLUMES, volume);
    space.awaitGone(VOLUMES, volume);
    // And once more, deleted by their labels, while they are still looking for each other.
    String second = volume(space, storageClass);
    claim(space, storageClass);
    space.edit(
        VOLUMES, second, v -> ((ObjectNode) v.at("/metadata/labels")).put(second, "updated"));
    space.edit(
        CLAIMS,
        "claim",
        c -> ((ObjectNode) c.get("metadata")).putObject("labels").put("claim", "updated"));
    space.deleteAll(CLAIMS, "claim=updated");
    space.awaitGone(CLAIMS, "claim");
    space
        .api()
        .send(
            "DELETE",
            "/api/v1/persistentvolumes?labelSelector=" + second + "%3Dupdated",
            "",
            "",
            Map.of())
        .ok();
    space.awaitGone(VOLUMES, second);
  }

  /** A label is added by a strategic patch; it is the same object, in a later version. */
  private static void patched(Space space, String resource, String name) {
    JsonNode before = space.get(resource, name);
    JsonNode after =
        space.strategic(resource, name, "{metadata: {labels: {%s: patched}}}".formatted(name));
    assertThat(text(after, "/metadata/labels/" + name)).isEqualTo("patched");
    assertThat(Long.parseLong(text(after, "/metadata/resourceVersion")))
        .isGreaterThan(Long.parseLong(text(before, "/metadata/resourceVersion")));
    assertThat(text(space.get(resource, name), "/metadata/uid"))
        .isEqualTo(text(after, "/metadata/uid"));
  }

  @Test
  @DisplayName(
      "[sig-storage] PersistentVolumes CSI Conformance should apply changes to a pv/pvc status"
          + " [Conformance]")
  void status(Space space) {
    String storageClass = "class-" + Space.unique();
    String volume = volume(space, storageClass);
    claim(space, storageClass);
    space.await(CLAIMS, "claim", "bound", c -> text(c, "/status/phase").equals("Bound"));
    assertThat(space.list(CLAIMS)).hasSize(1);
    assertThat(space.list(VOLUMES, "e2e=" + volume)).hasSize(1);
    for (String path : List.of(space.path(CLAIMS, "claim"), space.path(VOLUMES, volume))) {
      assertThat(text(space.api().get(path + "/status").ok(), "/status/phase")).isEqualTo("Bound");
    }
    JsonNode claim =
        space.edit(
            CLAIMS,
            "claim",
            "status",
            c ->
                ((ObjectNode) c.get("status"))
                    .withArray("conditions")
                    .add(
                        Manifest.parse(
                            "{type: StatusUpdated, status: 'True', reason: E2E updateStatus,"
                                + " message: Set from e2e test}")));
    assertThat(condition(claim, "StatusUpdated").path("reason").asText())
        .isEqualTo("E2E updateStatus");
    assertThat(condition(claim, "StatusUpdated").path("message").asText())
        .isEqualTo("Set from e2e test");
    claim =
        space.mergeStatus(
            CLAIMS,
            "claim",
            "{status: {conditions: [{type: StatusPatched, status: 'True', reason: E2E patchedStatus,"
                + " message: Set from e2e test}]}}");
    assertThat(condition(claim, "StatusPatched").path("reason").asText())
        .isEqualTo("E2E patchedStatus");
    JsonNode patched =
        space.mergeStatus(
            VOLUMES, volume, "{status: {message: StatusPatched, reason: E2E patchStatus}}");
    assertThat(text(patched, "/status/message")).isEqualTo("StatusPatched");
    assertThat(text(patched, "/status/reason")).isEqualTo("E2E patchStatus");
    JsonNode updated =
        space.edit(
            VOLUMES,
            volume,
            "status",
            v ->
                ((ObjectNode) v.get("status"))
                    .put("message", "StatusUpdated")
                    .put("reason", "E2E updateStatus"));
    assertThat(text(updated, "/status/message")).isEqualTo("StatusUpdated");
    assertThat(text(updated, "/status/reason")).isEqualTo("E2E updateStatus");
  }
}
