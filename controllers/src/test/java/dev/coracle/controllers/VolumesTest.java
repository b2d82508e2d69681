package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VolumesTest {

  private final Cluster c =
      new Cluster(o -> o.without(List.of("node-lifecycle-controller")).withLocalVolumes());

  private static final String CLAIM =
      """
      {"apiVersion":"v1","kind":"PersistentVolumeClaim",
       "metadata":{"namespace":"default","name":"c"},
       "spec":{"storageClassName":"%s","accessModes":["ReadWriteOnce"],
        "resources":{"requests":{"storage":"1Gi"}}}}\
      """;

  private static String volume(String name, String size) {
    return """
    {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"},
     "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
      "persistentVolumeReclaimPolicy":"Retain","capacity":{"storage":"%s"},
      "hostPath":{"path":"/x"}}}\
    """
        .formatted(name, size);
  }

  @Test
  void aClaimGetsTheSmallestVolumeThatWillDo() {
    c.create(Resources.PERSISTENT_VOLUMES, volume("big", "10Gi"));
    c.create(Resources.PERSISTENT_VOLUMES, volume("fits", "2Gi"));
    c.create(Resources.PERSISTENT_VOLUMES, volume("small", "500Mi"));
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("manual"));
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.text("spec", "volumeName")).isEqualTo("fits");
    assertThat(claim.text("status", "phase")).isEqualTo("Bound");
    assertThat(claim.text("status", "capacity", "storage")).isEqualTo("2Gi");
    assertThat(claim.finalizers()).containsExactly("kubernetes.io/pvc-protection");
    assertThat(c.api.peek(Resources.PERSISTENT_VOLUMES, "", "big"))
        .satisfies(v -> assertThat(v.text("status", "phase")).isEqualTo("Available"));
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c")).isNull();
    assertThat(c.api.peek(Resources.PERSISTENT_VOLUMES, "", "fits"))
        .satisfies(v -> assertThat(v.text("status", "phase")).isEqualTo("Released"));
  }

  private void attributesClass(String name) {
    c.api
        .create(
            Resources.VOLUME_ATTRIBUTES_CLASSES,
            KubeObject.parse(
                """
                {"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttributesClass",
                 "metadata":{"name":"%s"},"driverName":"d.example.com"}\
                """
                    .formatted(name)))
        .await()
        .indefinitely();
    c.context.runUntilIdle();
    assertThat(c.api.peek(Resources.VOLUME_ATTRIBUTES_CLASSES, "", name).finalizers())
        .containsExactly("kubernetes.io/vac-protection");
  }

  private void deleteAttributesClass(String name) {
    c.api
        .delete(Resources.VOLUME_ATTRIBUTES_CLASSES, "", name, DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    c.context.runUntilIdle();
  }

  /** A class that is kept though it is being deleted. */
  private void assertKept(String name) {
    c.context.runUntilIdle();
    assertThat(c.api.peek(Resources.VOLUME_ATTRIBUTES_CLASSES, "", name))
        .satisfies(kept -> assertThat(kept.isDeleting()).isTrue());
  }

  @Test
  void attributesOfVolumesStayAsLongAsSomethingHasThem() {
    attributesClass("unused");
    deleteAttributesClass("unused");
    assertThat(c.api.peek(Resources.VOLUME_ATTRIBUTES_CLASSES, "", "unused")).isNull();

    attributesClass("gold");
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("manual"));
    c.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "c",
        claim -> {
          claim.withObjectProperty("spec").put("volumeAttributesClassName", "gold");
          claim.withObjectProperty("status").put("currentVolumeAttributesClassName", "gold");
        });
    deleteAttributesClass("gold");
    assertKept("gold");
    c.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "c",
        claim -> {
          claim.withObjectProperty("spec").put("volumeAttributesClassName", "silver");
          claim
              .withObjectProperty("status")
              .withObjectProperty("modifyVolumeStatus")
              .put("targetVolumeAttributesClassName", "silver");
        });
    assertKept("gold");
    c.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "c",
        claim ->
            claim.withObjectProperty("status").put("currentVolumeAttributesClassName", "silver"));
    c.context.runUntilIdle();
    assertThat(c.api.peek(Resources.VOLUME_ATTRIBUTES_CLASSES, "", "gold")).isNull();

    attributesClass("bronze");
    c.create(Resources.PERSISTENT_VOLUMES, volume("v", "1Gi"));
    c.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        "v",
        v -> v.withObjectProperty("spec").put("volumeAttributesClassName", "bronze"));
    deleteAttributesClass("bronze");
    assertKept("bronze");
    c.api
        .delete(Resources.PERSISTENT_VOLUMES, "", "v", DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    c.context.runUntilIdle();
    assertThat(c.api.peek(Resources.VOLUME_ATTRIBUTES_CLASSES, "", "bronze")).isNull();
  }

  private void selectNode(String claim, String node) {
    c.api
        .patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            claim,
            Patch.merge(n ->
                n.putObject("metadata")
                    .putObject("annotations")
                    .put("volume.kubernetes.io/selected-node", node)))
        .await()
        .indefinitely();
    c.context.runUntilIdle();
  }

  private void nodeOffersLocalVolumes() {
    c.api.change(
        Resources.NODES,
        "",
        "n1",
        n -> {
          ObjectNode metadata = n.withObjectProperty("metadata");
          metadata.putObject("annotations").put(LocalVolumes.DIRECTORY, "/volumes");
          metadata.putObject("labels").put("kubernetes.io/hostname", "host1");
        });
    c.context.runUntilIdle();
  }

  @Test
  void aClaimWithoutAClassGetsTheDefaultOne() {
    KubeObject standard = c.api.peek(Resources.STORAGE_CLASSES, "", "standard");
    assertThat(standard).isNotNull();
    assertThat(standard.annotation("storageclass.kubernetes.io/is-default-class")).contains("true");
    assertThat(standard.text("volumeBindingMode")).isEqualTo("WaitForFirstConsumer");
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.replace("\"storageClassName\":\"%s\",", ""));
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("spec", "storageClassName"))
        .isEqualTo("standard");
    assertThat(c.events("WaitForFirstConsumer"))
        .contains("waiting for first consumer to be created before binding");
  }

  @Test
  void aClaimSaysForWhichPodsItWaits() {
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("standard"));
    for (String pod : List.of("b", "a")) {
      c.api.put(
          Resources.PODS,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod",
               "metadata":{"namespace":"default","name":"%s","uid":"%s"},
               "spec":{"containers":[{"name":"c","image":"i"}],
                "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]},
               "status":{"conditions":[{"type":"PodScheduled","status":"False",
                "reason":"Unschedulable"}]}}
              """
                  .formatted(pod, pod)));
      c.context.runUntilIdle();
    }
    assertThat(c.events("WaitForPodScheduled"))
        .containsExactly(
            "waiting for pod b to be scheduled", "waiting for pods a,b to be scheduled");
  }

  @Test
  void aLocalVolumeIsMadeWhereTheFirstConsumerRuns() {
    nodeOffersLocalVolumes();
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("standard"));
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("status", "phase"))
        .isEqualTo("Pending");
    selectNode("c", "n1");
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.text("status", "phase")).isEqualTo("Bound");
    KubeObject volume = c.api.all(Resources.PERSISTENT_VOLUMES).getFirst();
    assertThat(volume.text("spec", "local", "path")).isEqualTo("/volumes/pvc-" + claim.uid());
    assertThat(volume.at("spec", "nodeAffinity").toString())
        .contains("kubernetes.io/hostname", "host1");
    assertThat(c.events("ProvisioningSucceeded"))
        .containsExactly("Successfully provisioned volume pvc-" + claim.uid());
  }

  @Test
  void aLocalVolumeGoesWhenItsFilesAreGone() {
    aLocalVolumeIsMadeWhereTheFirstConsumerRuns();
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    KubeObject volume = c.api.all(Resources.PERSISTENT_VOLUMES).getFirst();
    assertThat(volume.isDeleting()).isTrue();
    assertThat(volume.text("status", "phase")).isEqualTo("Released");
    assertThat(volume.finalizers()).containsExactly(LocalVolumes.FINALIZER);
    c.api.remove(Resources.NODES, "", "n1");
    c.context.runUntilIdle();
    assertThat(c.api.all(Resources.PERSISTENT_VOLUMES)).isEmpty();
  }

  @Test
  void aLocalVolumeThatIsDeletedBeforeItsClaimGoesAfterIt() {
    aLocalVolumeIsMadeWhereTheFirstConsumerRuns();
    String name = c.api.all(Resources.PERSISTENT_VOLUMES).getFirst().name();
    c.api
        .delete(Resources.PERSISTENT_VOLUMES, "", name, DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    c.context.runUntilIdle();
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    KubeObject volume = c.api.peek(Resources.PERSISTENT_VOLUMES, "", name);
    assertThat(volume.text("status", "phase")).isEqualTo("Released");
    assertThat(volume.finalizers())
        .as("only its files are left to go")
        .containsExactly(LocalVolumes.FINALIZER);
  }

  @Test
  void aNodeWithoutAPlaceForVolumesIsGivenBackToTheScheduler() {
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("standard"));
    selectNode("c", "n1");
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.annotation("volume.kubernetes.io/selected-node")).isEmpty();
    assertThat(c.events("ProvisioningFailed").getFirst())
        .contains("failed to provision volume with StorageClass \"standard\"", "n1");
    assertThat(c.api.all(Resources.PERSISTENT_VOLUMES)).isEmpty();
  }

  /** A new volume would be empty, and nobody would be told. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`\"dataSource\":{\"apiGroup\":\"snapshot.storage.k8s.io\",\"kind\":\"VolumeSnapshot\",\"name\":\"s\"}` | none of a VolumeSnapshot such as \"s\"",
        "`\"dataSource\":{\"kind\":\"PersistentVolumeClaim\",\"name\":\"d\"}` | none of a PersistentVolumeClaim such as \"d\"",
        "`\"selector\":{\"matchLabels\":{\"a\":\"b\"}}` | claim Selector is not supported",
      })
  void aClaimForMoreThanAnEmptyVolumeGetsNoLocalOne(String field, String why) {
    nodeOffersLocalVolumes();
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        CLAIM.formatted("standard").replace("\"spec\":{", "\"spec\":{" + field + ","));
    selectNode("c", "n1");
    assertThat(c.api.all(Resources.PERSISTENT_VOLUMES)).isEmpty();
    assertThat(c.events("ProvisioningFailed").getFirst()).contains(why);
  }

  /** As a volume populator does it: a claim of its own gets the volume, and gives it on. */
  @Test
  void aVolumeThatAPopulatorMadeIsGivenToTheClaimThatAskedForIt() {
    nodeOffersLocalVolumes();
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        CLAIM
            .formatted("standard")
            .replace(
                "\"spec\":{",
                "\"spec\":{\"dataSourceRef\":{\"apiGroup\":\"hello.example.com\",\"kind\":\"Hello\",\"name\":\"h\"},"));
    selectNode("c", "n1");
    KubeObject asked = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(asked.annotation("volume.kubernetes.io/selected-node")).contains("n1");
    assertThat(c.events("Provisioning"))
        .containsExactly("Assuming an external populator will provision the volume");
    assertThat(c.api.all(Resources.PERSISTENT_VOLUMES)).isEmpty();

    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        CLAIM.formatted("standard").replace("\"name\":\"c\"", "\"name\":\"prime\""));
    selectNode("prime", "n1");
    KubeObject volume = c.api.all(Resources.PERSISTENT_VOLUMES).getFirst();
    c.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        volume.name(),
        v ->
            v.withObjectProperty("spec")
                .putObject("claimRef")
                .put("namespace", "default")
                .put("name", "c")
                .put("uid", asked.uid()));
    c.context.runUntilIdle();
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("spec", "volumeName"))
        .isEqualTo(volume.name());
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "prime").text("status", "phase"))
        .as("what populators wait for")
        .isEqualTo("Lost");
    assertThat(c.events("ClaimMisbound"))
        .containsExactly("Two claims are bound to the same volume, this one is bound incorrectly");
  }

  @Test
  void aLocalVolumeGrowsWithItsClaim() {
    aLocalVolumeIsMadeWhereTheFirstConsumerRuns();
    c.edit(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "c",
        n ->
            n.withObjectProperty("spec")
                .withObjectProperty("resources")
                .withObjectProperty("requests")
                .put("storage", "3Gi"));
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("status", "capacity", "storage"))
        .isEqualTo("3Gi");
    assertThat(
            c.api.all(Resources.PERSISTENT_VOLUMES).getFirst().text("spec", "capacity", "storage"))
        .isEqualTo("3Gi");
  }

  @Test
  void aClaimThatNamesTheWrongVolumeSaysWhy() {
    c.create(Resources.PERSISTENT_VOLUMES, volume("v", "2Gi"));
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        CLAIM.formatted("other").replace("\"spec\":{", "\"spec\":{\"volumeName\":\"v\","));
    assertThat(c.events("VolumeMismatch"))
        .containsExactly("Cannot bind to requested volume \"v\": storageClassName does not match");
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("status", "phase"))
        .isEqualTo("Pending");
  }

  @Test
  void aBoundClaimWhoseVolumeVanishesIsLost() {
    c.create(Resources.PERSISTENT_VOLUMES, volume("v", "2Gi"));
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("manual"));
    c.api.remove(Resources.PERSISTENT_VOLUMES, "", "v");
    c.context.runUntilIdle();
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("status", "phase"))
        .isEqualTo("Lost");
    assertThat(c.events("ClaimLost")).isNotEmpty();
  }

  @Test
  void aGenericEphemeralVolumeGetsAClaimOfItsPod() {
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
         "spec":{"volumes":[{"name":"scratch","ephemeral":{"volumeClaimTemplate":{
          "metadata":{"labels":{"a":"b"}},
          "spec":{"storageClassName":"standard","accessModes":["ReadWriteOnce"],
           "resources":{"requests":{"storage":"1Gi"}}}}}}]}}\
        """);
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "p-scratch");
    assertThat(claim.labels()).containsEntry("a", "b");
    assertThat(claim.controllerOwner().orElseThrow().name()).isEqualTo("p");
  }

  @Test
  void aLocalVolumeOfAnEarlierVersionIsLabelledForItsNode() {
    String node = "n".repeat(64);
    c.create(
        Resources.PERSISTENT_VOLUMES,
        """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"old",
          "annotations":{"pv.kubernetes.io/provisioned-by":"coracle.dev/local",
           "coracle.dev/node":"%s"}},
         "spec":{"accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},
          "local":{"path":"/x"}}}\
        """
            .formatted(node));
    KubeObject volume = c.api.peek(Resources.PERSISTENT_VOLUMES, "", "old");
    assertThat(volume.labels().get(LocalVolumes.NODE)).startsWith("sha256-").hasSize(47);
    assertThat(volume.text("status", "phase")).isEqualTo("Available");
  }
}
