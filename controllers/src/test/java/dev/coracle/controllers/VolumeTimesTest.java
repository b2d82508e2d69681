package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.DeleteOptions;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is measured of volumes that are made for claims. */
class VolumeTimesTest {

  private static final String DRIVER = "disk.example.com";

  private final Cluster c =
      new Cluster(o -> o.without(List.of("node-lifecycle-controller")).withLocalVolumes());

  private void claim(String more) {
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"c"},
         "spec":{%s"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}\
        """
            .formatted(more));
  }

  private @Nullable Timer time(String operation) {
    return c.registry
        .find("volume_operation_total_seconds")
        .tags("plugin_name", DRIVER, "operation_name", operation)
        .timer();
  }

  private double count(String counter) {
    return c.registry.get(counter).counter().count();
  }

  @Test
  void thatTakesFromTheFirstAttemptToTheEnd() {
    c.create(
        Resources.STORAGE_CLASSES,
        """
        {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"disk"},
         "provisioner":"%s","volumeBindingMode":"Immediate"}\
        """
            .formatted(DRIVER));
    claim("\"storageClassName\":\"disk\",");
    c.pass(Duration.ofSeconds(3));
    assertThat(time("provision")).isNull();
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    c.create(
        Resources.PERSISTENT_VOLUMES,
        """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v",
          "annotations":{"pv.kubernetes.io/provisioned-by":"%s"}},
         "spec":{"storageClassName":"disk","accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"Delete","capacity":{"storage":"1Gi"},
          "claimRef":{"namespace":"default","name":"c","uid":"%s"},
          "csi":{"driver":"%s","volumeHandle":"h"}}}\
        """
            .formatted(DRIVER, claim.uid(), DRIVER));
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("status", "phase"))
        .isEqualTo("Bound");
    assertThat(time("provision"))
        .satisfies(t -> assertThat(t.count()).isOne())
        .satisfies(t -> assertThat(t.totalTime(TimeUnit.SECONDS)).isBetween(3.0, 3.5));
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(2));
    assertThat(time("delete")).isNull();
    c.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        "v",
        v -> ((ObjectNode) v.path("metadata")).remove("finalizers"));
    c.api.remove(Resources.PERSISTENT_VOLUMES, "", "v");
    c.context.runUntilIdle();
    assertThat(time("delete"))
        .satisfies(t -> assertThat(t.totalTime(TimeUnit.SECONDS)).isBetween(2.0, 2.5));
  }

  @Test
  void attemptsThatComeToNothingAreCounted() {
    claim("\"storageClassName\":\"standard\",");
    c.edit(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "c",
        n ->
            n.withObjectProperty("metadata")
                .withObjectProperty("annotations")
                .put("volume.kubernetes.io/selected-node", "nowhere"));
    assertThat(
            c.registry
                .get("volume_operation_total_errors")
                .tags("plugin_name", "coracle.dev/local", "operation_name", "provision")
                .counter()
                .count())
        .isOne();
  }

  @Test
  void whoGetsTheDefaultClassLaterIsCounted() {
    claim("");
    assertThat(count("retroactive_storageclass_total")).isOne();
    assertThat(count("retroactive_storageclass_errors_total")).isZero();
  }

  @Test
  void claimsOfPodsAreCounted() {
    c.create(Resources.PODS, pod("p"));
    assertThat(count("ephemeral_volume_controller_create_total")).isOne();
    assertThat(count("ephemeral_volume_controller_create_failures_total")).isZero();
    c.api.failWhen(call ->
        call.verb().equals("create") && call.resource().equals(Resources.PERSISTENT_VOLUME_CLAIMS)
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
    c.create(Resources.PODS, pod("q"));
    assertThat(count("ephemeral_volume_controller_create_failures_total")).isPositive();
  }

  private static String pod(String name) {
    return """
    {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s"},
     "spec":{"volumes":[{"name":"scratch","ephemeral":{"volumeClaimTemplate":{
      "spec":{"storageClassName":"none","accessModes":["ReadWriteOnce"],
       "resources":{"requests":{"storage":"1Gi"}}}}}}]}}\
    """
        .formatted(name);
  }
}
