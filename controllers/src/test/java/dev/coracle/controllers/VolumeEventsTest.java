package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of claims and volumes. */
class VolumeEventsTest {

  private final Cluster c = new Cluster();

  private void volume(String policy, String source) {
    c.create(
        Resources.PERSISTENT_VOLUMES,
        """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v"},
         "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"%s","capacity":{"storage":"1Gi"},%s}}\
        """
            .formatted(policy, source));
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"c"},
         "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"1Gi"}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void aClaimThatIsToGrowWaitsForItsDriver() {
    volume("Retain", "\"csi\":{\"driver\":\"disk.example.com\",\"volumeHandle\":\"h\"}");
    assertThat(c.told("ExternalExpanding")).isEmpty();
    c.edit(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "c",
        n -> ((ObjectNode) n.at("/spec/resources/requests")).put("storage", "2Gi"));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("ExternalExpanding"))
        .containsExactly(
            "volume_expand Normal: waiting for an external controller to expand this PVC");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Recycle | VolumeFailedRecycle | No recycler plugin found for the volume!",
        "Delete | VolumeFailedDelete | error getting deleter volume plugin for volume \"v\": no"
            + " deletable volume plugin matched",
      })
  void aVolumeSaysWhyItCannotBeClearedAway(String policy, String reason, String message) {
    volume(policy, "\"hostPath\":{\"path\":\"/x\"}");
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(1));
    KubeObject volume = c.api.peek(Resources.PERSISTENT_VOLUMES, "", "v");
    assertThat(volume).isNotNull();
    assertThat(volume.text("status", "phase")).isEqualTo("Failed");
    assertThat(volume.text("status", "message")).isEqualTo(message);
    assertThat(c.told(reason)).containsExactly("persistentvolume-controller Warning: " + message);
  }

  private static final String POD =
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
       "spec":{"volumes":[{"name":"scratch","ephemeral":{"volumeClaimTemplate":{
        "spec":{"storageClassName":"none","accessModes":["ReadWriteOnce"],
         "resources":{"requests":{"storage":"1Gi"}}}}}}]}}\
      """;

  @Test
  void anEphemeralVolumeIsNotAClaimOfSomebodyElse() {
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"p-scratch"},
         "spec":{"storageClassName":"none","accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"1Gi"}}}}\
        """);
    c.create(Resources.PODS, POD);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("FailedBinding"))
        .contains(
            "ephemeral_volume Warning: ephemeral volume scratch: PVC default/p-scratch was not"
                + " created for pod default/p (pod is not owner)");
  }

  @Test
  void anEphemeralVolumeTellsOfAClaimThatCannotBeMade() {
    c.api.failWhen(call ->
        call.verb().equals("create") && call.resource().equals(Resources.PERSISTENT_VOLUME_CLAIMS)
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
    c.create(Resources.PODS, POD);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("FailedBinding"))
        .contains(
            "ephemeral_volume Warning: ephemeral volume scratch: create PVC p-scratch: not you");
  }
}
