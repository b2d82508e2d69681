package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods whose claims are not bound yet, or to volumes that are not everywhere. */
class VolumeBindingTest {

  private final SchedulerFixture f = new SchedulerFixture();

  @BeforeEach
  void start() {
    f.api.put(
        Resources.STORAGE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"wait"},
             "provisioner":"disk.example.com","volumeBindingMode":"WaitForFirstConsumer"}\
            """));
  }

  private void volume(String name, String metadata, String spec) {
    f.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"%s},
             "spec":{"storageClassName":"wait","capacity":{"storage":"1Gi"},
              "accessModes":["ReadWriteOnce"],
              "csi":{"driver":"disk.example.com","volumeHandle":"h"}%s},
             "status":{"phase":"Available"}}\
            """
                .formatted(name, metadata, spec)));
  }

  private static String onlyOn(String node) {
    return ",\"nodeAffinity\":{\"required\":{\"nodeSelectorTerms\":[{\"matchExpressions\":["
        + "{\"key\":\"kubernetes.io/hostname\",\"operator\":\"In\",\"values\":[\""
        + node
        + "\"]}]}]}}";
  }

  private void claim(String volumeName, String phase) {
    f.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"c","namespace":"default"},
             "spec":{"storageClassName":"wait","accessModes":["ReadWriteOnce"],
              "volumeName":"%s","resources":{"requests":{"storage":"1Gi"}}},
             "status":{"phase":"%s"}}\
            """
                .formatted(volumeName, phase)));
  }

  private void pod() {
    f.pod(
        "p",
        "",
        n ->
            n.withObjectProperty("spec")
                .putArray("volumes")
                .addObject()
                .put("name", "v")
                .putObject("persistentVolumeClaim")
                .put("claimName", "c"));
    f.run();
  }

  @Test
  void aClaimThatOnlyNamesItsVolumeIsNotBound() {
    f.node("n1", "4");
    volume("v", "", "");
    claim("v", "Pending");
    f.start();
    pod();
    assertThat(f.nodeOf("p")).isEmpty();
    assertThat(f.message("p")).contains("pod has unbound immediate PersistentVolumeClaims");
    claim("v", "Bound");
    f.run();
    f.context.advance(Duration.ofSeconds(30));
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aVolumeThatWasMadeElsewhereIsFollowed() {
    f.node("n1", "4");
    claim("", "Pending");
    f.start();
    pod();
    KubeObject waiting = f.api.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "default", "c");
    assertThat(waiting.annotation("volume.kubernetes.io/selected-node")).contains("n1");
    f.node("n2", "4");
    volume("made", "", onlyOn("n2"));
    claim("made", "Bound");
    f.run();
    f.context.advance(Duration.ofSeconds(30));
    assertThat(f.events())
        .anyMatch(e -> e.contains("pv \"made\" node affinity doesn't match node \"n1\""));
    assertThat(f.nodeOf("p")).isEqualTo("n2");
    assertThat(
            f.registry
                .get("scheduler_volume_scheduling_stage_error_total")
                .tag("operation", "bind")
                .counter()
                .count())
        .isOne();
  }

  @ParameterizedTest
  @CsvSource({
    "topology.kubernetes.io/zone, a, topology.kubernetes.io/zone, a, true",
    "topology.kubernetes.io/zone, b__a, topology.kubernetes.io/zone, a, true",
    "topology.kubernetes.io/zone, b, topology.kubernetes.io/zone, a, false",
    "failure-domain.beta.kubernetes.io/zone, a, topology.kubernetes.io/zone, a, true",
    "failure-domain.beta.kubernetes.io/zone, b, topology.kubernetes.io/zone, a, false",
    "topology.kubernetes.io/zone, a, topology.kubernetes.io/region, a, false",
    "topology.kubernetes.io/zone, a, unrelated, a, true",
  })
  void labelsOfVolumesNameTheirZones(
      String label, String where, String nodeLabel, String here, boolean fits) {
    f.node(
        "n1",
        "4",
        n -> n.withObjectProperty("metadata").withObjectProperty("labels").put(nodeLabel, here));
    volume("v", ",\"labels\":{\"" + label + "\":\"" + where + "\"}", "");
    claim("v", "Bound");
    f.start();
    pod();
    assertThat(f.nodeOf("p")).isEqualTo(fits ? "n1" : "");
    if (!fits) {
      assertThat(f.message("p")).contains("node(s) had no available volume zone");
      assertThat(
              f.registry.find("scheduler_unschedulable_pods").tag("plugin", "VolumeZone").gauge())
          .isNotNull();
    }
  }
}
