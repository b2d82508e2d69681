package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
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
          hostPath: {path: /tmp/conformance-nothing}
          nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [none]}]}]}}
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
    space.merge(VOLUMES, volume, "{metadata: {labels: {%s: patched}}}".formatted(volume));
    space.merge(CLAIMS, "claim", "{metadata: {labels: {claim: patched}}}");
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
    space.deleteAll(CLAIMS, "claim=updated");
    space.awaitGone(CLAIMS, "claim");
    space.await(VOLUMES, volume, "released", v -> text(v, "/status/phase").equals("Released"));
    space.delete(VOLUMES, volume);
    space.awaitGone(VOLUMES, volume);
    // And once more, the one deleted by its name and the other by its label.
    String second = volume(space, storageClass);
    claim(space, storageClass);
    space.await(CLAIMS, "claim", "bound", c -> text(c, "/status/phase").equals("Bound"));
    space.edit(
        VOLUMES, second, v -> ((ObjectNode) v.at("/metadata/labels")).put(second, "updated"));
    space.delete(CLAIMS, "claim");
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
                            "{type: StatusUpdate, status: 'True', reason: E2E, message: m}")));
    assertThat(hasCondition(claim, "StatusUpdate", "True")).isTrue();
    claim =
        space.mergeStatus(
            CLAIMS,
            "claim",
            "{status: {conditions: [{type: StatusPatched, status: 'True', reason: E2E, message:"
                + " m}]}}");
    assertThat(hasCondition(claim, "StatusPatched", "True")).isTrue();
    JsonNode patched =
        space.mergeStatus(VOLUMES, volume, "{status: {message: StatusPatched, reason: E2E}}");
    assertThat(text(patched, "/status/message")).isEqualTo("StatusPatched");
    JsonNode updated =
        space.edit(
            VOLUMES,
            volume,
            "status",
            v -> ((ObjectNode) v.get("status")).put("message", "StatusUpdated"));
    assertThat(text(updated, "/status/message")).isEqualTo("StatusUpdated");
  }
}
