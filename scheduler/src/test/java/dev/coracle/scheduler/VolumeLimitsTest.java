package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Volumes of storage drivers as the scheduler sees them. */
class VolumeLimitsTest {

  private final SchedulerFixture f = new SchedulerFixture();

  @BeforeEach
  void start() {
    f.node("n1", "4");
  }

  private void bound(String name, String mode) {
    f.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pv-%s"},
             "spec":{"csi":{"driver":"disk.example.com","volumeHandle":"%s"}}}\
            """
                .formatted(name, name)));
    f.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"%s","namespace":"default"},
             "spec":{"volumeName":"pv-%s","accessModes":["%s"]},"status":{"phase":"Bound"}}\
            """
                .formatted(name, name, mode)));
  }

  private void pod(String name, String claim) {
    pod(name, claim, 0);
  }

  private void pod(String name, String claim, int priority) {
    f.pod(
        name,
        "",
        n ->
            n.withObjectProperty("spec")
                .put("priority", priority)
                .putArray("volumes")
                .addObject()
                .put("name", "v")
                .putObject("persistentVolumeClaim")
                .put("claimName", claim));
    f.run();
  }

  @Test
  void aNodeTakesNoMoreVolumesThanItsDriverSays() {
    f.api.put(
        Resources.CSI_NODES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"n1"},
             "spec":{"drivers":[{"name":"disk.example.com","nodeID":"x",
              "allocatable":{"count":1}}]}}\
            """));
    bound("a", "ReadWriteOnce");
    bound("b", "ReadWriteOnce");
    f.start();
    pod("p1", "a");
    pod("p2", "b");
    pod("p3", "a");
    assertThat(f.nodeOf("p1")).isEqualTo("n1");
    assertThat(f.nodeOf("p2")).isEmpty();
    assertThat(f.message("p2")).contains("node(s) exceed max volume count");
    assertThat(f.nodeOf("p3")).as("the same volume counts once").isEqualTo("n1");
  }

  @Test
  void aClaimForOnePodIsForOnePod() {
    bound("single", "ReadWriteOncePod");
    f.start();
    pod("p1", "single");
    pod("p2", "single");
    assertThat(f.nodeOf("p1")).isEqualTo("n1");
    assertThat(f.nodeOf("p2")).isEmpty();
    assertThat(f.message("p2"))
        .isEqualTo(
            "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name"
                + " and ReadWriteOncePod access mode. preemption: 0/1 nodes are available: 1 No"
                + " preemption victims found for incoming pod.");
  }

  @Test
  void aClaimForOnePodIsTakenFromALessImportantOne() {
    bound("single", "ReadWriteOncePod");
    f.node("n2", "4");
    f.start();
    pod("low", "single");
    String node = f.nodeOf("low");
    pod("high", "single", 10);
    assertThat(f.peek("low")).isNotNull().satisfies(p -> assertThat(p.isDeleting()).isTrue());
    assertThat(f.peek("high"))
        .satisfies(p -> assertThat(p.text("status", "nominatedNodeName")).isEqualTo(node));
    f.api.delete(Resources.PODS, "default", "low", DeleteOptions.now()).await().indefinitely();
    f.run();
    assertThat(f.nodeOf("high")).isNotEmpty();
  }

  @Test
  void aDriverThatTellsItsCapacityIsAskedForNoMore() {
    f.api.put(
        Resources.CSI_DRIVERS,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver",
             "metadata":{"name":"disk.example.com"},"spec":{"storageCapacity":true}}\
            """));
    f.api.put(
        Resources.STORAGE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"fast"},
             "provisioner":"disk.example.com","volumeBindingMode":"WaitForFirstConsumer"}\
            """));
    f.api.put(
        Resources.CSI_STORAGE_CAPACITIES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSIStorageCapacity",
             "metadata":{"name":"x","namespace":"default"},"storageClassName":"fast",
             "nodeTopology":{"matchLabels":{"kubernetes.io/hostname":"n1"}},"capacity":"1Gi"}\
            """));
    f.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"large","namespace":"default"},
             "spec":{"storageClassName":"fast","accessModes":["ReadWriteOnce"],
              "resources":{"requests":{"storage":"2Gi"}}},"status":{"phase":"Pending"}}\
            """));
    f.start();
    pod("p", "large");
    assertThat(f.nodeOf("p")).isEmpty();
    assertThat(f.message("p")).contains("node(s) did not have enough free storage");
  }

  @Test
  void aVolumeThatIsStillAttachedTakesRoom() {
    f.api.put(
        Resources.CSI_NODES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"n1"},
             "spec":{"drivers":[{"name":"disk.example.com","nodeID":"x",
              "allocatable":{"count":1}}]}}\
            """));
    bound("a", "ReadWriteOnce");
    bound("b", "ReadWriteOnce");
    f.api.put(
        Resources.VOLUME_ATTACHMENTS,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttachment","metadata":{"name":"left"},
             "spec":{"attacher":"disk.example.com","nodeName":"n1",
              "source":{"persistentVolumeName":"pv-a"}}}\
            """));
    f.start();
    pod("p", "b");
    assertThat(f.message("p")).contains("node(s) exceed max volume count");
    pod("same", "a");
    assertThat(f.nodeOf("same")).isEqualTo("n1");
    f.api.delete(Resources.PODS, "default", "same", DeleteOptions.now()).await().indefinitely();
    f.api.remove(Resources.VOLUME_ATTACHMENTS, "", "left");
    f.run();
    f.context.advance(Duration.ofSeconds(30));
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }
}
