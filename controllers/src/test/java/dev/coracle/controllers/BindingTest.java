package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Claims and volumes that were meant for one another, or are not. */
class BindingTest {

  private final Cluster c = new Cluster(o -> o.without(List.of("node-lifecycle-controller")));

  private KubeObject claim(String name, String storageClass, Consumer<ObjectNode> more) {
    KubeObject claim =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"namespace":"default","name":"%s"},
             "spec":{"storageClassName":"%s","accessModes":["ReadWriteOnce"],
              "resources":{"requests":{"storage":"2Gi"}}}}\
            """
                .formatted(name, storageClass));
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, claim.with(more).tree().toString());
    return c.get(Resources.PERSISTENT_VOLUME_CLAIMS, name);
  }

  private void volume(String name, String size, Consumer<ObjectNode> more) {
    KubeObject volume =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume",
             "metadata":{"name":"%s","annotations":{}},
             "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
              "persistentVolumeReclaimPolicy":"Delete","capacity":{"storage":"%s"},
              "csi":{"driver":"d.example.com","volumeHandle":"%s"}}}\
            """
                .formatted(name, size, name));
    c.create(Resources.PERSISTENT_VOLUMES, volume.with(more).tree().toString());
  }

  private KubeObject volume(String name) {
    return c.api.peek(Resources.PERSISTENT_VOLUMES, "", name);
  }

  private static Consumer<ObjectNode> reserved(String claim, String uid) {
    return v -> {
      ObjectNode reference = v.withObjectProperty("spec").putObject("claimRef");
      reference.put("namespace", "default").put("name", claim);
      if (!uid.isEmpty()) {
        reference.put("uid", uid);
      }
    };
  }

  private void storageClass(String name, String provisioner, String annotation) {
    c.create(
        Resources.STORAGE_CLASSES,
        """
        {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass",
         "metadata":{"name":"%s","annotations":{"%s":"true"}},
         "provisioner":"%s","volumeBindingMode":"Immediate"}\
        """
            .formatted(name, annotation, provisioner));
  }

  private String boundTo(String claim) {
    return c.get(Resources.PERSISTENT_VOLUME_CLAIMS, claim).text("spec", "volumeName");
  }

  @Test
  void aVolumeReservedForAClaimIsItsOwnOnlyIfItWillDo() {
    volume("small", "1Gi", reserved("c", ""));
    volume(
        "block",
        "9Gi",
        reserved("c", "").andThen(v -> v.withObjectProperty("spec").put("volumeMode", "Block")));
    claim("c", "other", _ -> {});
    assertThat(boundTo("c")).isEmpty();
    volume("right", "3Gi", reserved("c", ""));
    assertThat(boundTo("c")).isEqualTo("right");
    assertThat(volume("right").annotation("pv.kubernetes.io/bound-by-controller")).isEmpty();
    assertThat(volume("small").text("status", "phase")).isEqualTo("Available");
  }

  /** What several nodes can write to is left for who needs that. */
  @Test
  void aVolumeThatCanDoLessIsTakenFirstAlsoWhereItIsLarger() {
    volume(
        "shared",
        "2Gi",
        v -> v.withObjectProperty("spec").withArrayProperty("accessModes").add("ReadWriteMany"));
    volume("large", "9Gi", _ -> {});
    volume("larger", "10Gi", _ -> {});
    claim("c", "manual", _ -> {});
    assertThat(boundTo("c")).isEqualTo("large");
  }

  @Test
  void aVolumeMadeForAClaimThatGotAnotherIsReleased() {
    volume("first", "2Gi", _ -> {});
    KubeObject claim = claim("c", "manual", _ -> {});
    assertThat(boundTo("c")).isEqualTo("first");
    volume(
        "late",
        "2Gi",
        reserved("c", claim.uid())
            .andThen(v ->
                v.withObjectProperty("metadata")
                    .withObjectProperty("annotations")
                    .put("pv.kubernetes.io/provisioned-by", "d.example.com")));
    assertThat(volume("late").text("status", "phase")).isEqualTo("Released");
    assertThat(volume("first").text("status", "phase")).isEqualTo("Bound");
  }

  @Test
  void aVolumeThatWasTakenForAClaimThatGotAnotherIsFreeAgain() {
    volume("first", "2Gi", _ -> {});
    KubeObject claim = claim("c", "manual", _ -> {});
    volume(
        "taken",
        "2Gi",
        reserved("c", claim.uid())
            .andThen(v ->
                v.withObjectProperty("metadata")
                    .withObjectProperty("annotations")
                    .put("pv.kubernetes.io/bound-by-controller", "yes")));
    assertThat(volume("taken").at("spec", "claimRef").isMissingNode()).isTrue();
    assertThat(volume("taken").text("status", "phase")).isEqualTo("Available");
    volume("meant", "2Gi", reserved("c", claim.uid()));
    assertThat(volume("meant").text("spec", "claimRef", "name")).isEqualTo("c");
    assertThat(volume("meant").text("spec", "claimRef", "uid")).isEmpty();
    assertThat(volume("meant").text("status", "phase")).isEqualTo("Available");
  }

  @Test
  void aClaimHasTheAttributesAndTheSizeThatItsVolumeHad() {
    volume(
        "v",
        "9Gi",
        v -> {
          v.withObjectProperty("spec").put("volumeAttributesClassName", "gold");
          v.withObjectProperty("metadata")
              .withObjectProperty("annotations")
              .put("volume.alpha.kubernetes.io/pre-resize-capacity", "4Gi");
        });
    claim("plain", "manual", _ -> {});
    assertThat(boundTo("plain")).isEmpty();
    claim(
        "c", "manual", n -> n.withObjectProperty("spec").put("volumeAttributesClassName", "gold"));
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.text("status", "currentVolumeAttributesClassName")).isEqualTo("gold");
    assertThat(claim.text("status", "capacity", "storage")).isEqualTo("4Gi");
  }

  @Test
  void theClassMayStandInAnAnnotationAsYearsAgo() {
    Consumer<ObjectNode> annotated =
        n -> {
          n.withObjectProperty("spec").remove("storageClassName");
          n.withObjectProperty("metadata")
              .withObjectProperty("annotations")
              .put("volume.beta.kubernetes.io/storage-class", "old");
        };
    storageClass("usual", "d.example.com", "storageclass.beta.kubernetes.io/is-default-class");
    volume("v", "2Gi", annotated);
    claim("c", "", annotated);
    assertThat(boundTo("c")).isEqualTo("v");
    claim("plain", "", n -> n.withObjectProperty("spec").remove("storageClassName"));
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "plain").text("spec", "storageClassName"))
        .isEqualTo("usual");
  }

  @Test
  void provisionersAreToldByBothAnnotations() {
    storageClass("external", "d.example.com", "a");
    claim("c", "external", _ -> {});
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.annotation("volume.kubernetes.io/storage-provisioner"))
        .contains("d.example.com");
    assertThat(claim.annotation("volume.beta.kubernetes.io/storage-provisioner"))
        .contains("d.example.com");
  }

  @Test
  void whatNobodyProvisionsIsSaid() {
    storageClass("none", "kubernetes.io/no-provisioner", "a");
    claim("c", "none", _ -> {});
    assertThat(c.events("ProvisioningFailed"))
        .contains("no volume plugin matched name: kubernetes.io/no-provisioner");
    assertThat(c.events("ExternalProvisioning")).isEmpty();
  }
}
