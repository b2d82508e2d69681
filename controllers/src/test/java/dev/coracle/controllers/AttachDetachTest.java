package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Volumes of storage drivers: where they are attached, and when they are let go. */
class AttachDetachTest {

  private static final String IN_USE = "kubernetes.io/csi/disk.example.com^h1";

  private final Cluster c = new Cluster();

  private void volume() {
    volume("v", "c", "fast");
  }

  /** With the claim that it is for, by a class that no other has. */
  private void volume(String name, String claim, String storageClass) {
    c.create(
        Resources.PERSISTENT_VOLUMES,
        """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"},
         "spec":{"storageClassName":"%s","accessModes":["ReadWriteOnce"],
          "capacity":{"storage":"1Gi"},"csi":{"driver":"disk.example.com","volumeHandle":"h1"}}}\
        """
            .formatted(name, storageClass));
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"%s"},
         "spec":{"storageClassName":"%s","accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"1Gi"}}}}\
        """
            .formatted(claim, storageClass));
  }

  private void pod(String name, String node) {
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s"},
         "spec":{"nodeName":"%s","containers":[{"name":"c"}],
          "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]}}\
        """
            .formatted(name, node));
  }

  private void secondNode() {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"},\"spec\":{},"
                + "\"status\":{}}"));
  }

  private List<KubeObject> attachments() {
    return c.api.all(Resources.VOLUME_ATTACHMENTS);
  }

  /** As a driver's external-attacher does. */
  private void attached() {
    c.api.change(
        Resources.VOLUME_ATTACHMENTS,
        "",
        attachments().getFirst().name(),
        n -> n.withObjectProperty("status").put("attached", true));
    c.context.runUntilIdle();
  }

  private void inUse(boolean used) {
    c.api.change(
        Resources.NODES,
        "",
        "n1",
        n -> {
          var list = n.withObjectProperty("status").putArray("volumesInUse");
          if (used) {
            list.add(IN_USE);
          }
        });
    c.context.runUntilIdle();
  }

  @Test
  void whatOthersAttachIsNotDetached() {
    c.create(
        Resources.VOLUME_ATTACHMENTS,
        """
        {"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttachment","metadata":{"name":"mine"},
         "spec":{"attacher":"disk.example.com","nodeName":"no-such-node",
          "source":{"persistentVolumeName":"v"}}}\
        """);
    c.context.runUntilIdle();
    assertThat(attachments()).extracting(KubeObject::name).containsExactly("mine");
  }

  @Test
  void aVolumeIsAttachedToTheNodeOfItsPodAndTheNodeHearsOfIt() {
    volume();
    pod("p", "n1");
    assertThat(attachments()).hasSize(1);
    KubeObject attachment = attachments().getFirst();
    assertThat(attachment.name()).matches("csi-[0-9a-f]{64}");
    assertThat(attachment.text("spec", "attacher")).isEqualTo("disk.example.com");
    assertThat(attachment.text("spec", "nodeName")).isEqualTo("n1");
    assertThat(attachment.text("spec", "source", "persistentVolumeName")).isEqualTo("v");
    attached();
    KubeObject node = c.api.peek(Resources.NODES, "", "n1");
    assertThat(node).isNotNull();
    assertThat(node.at("status", "volumesAttached").path(0).path("name").asText())
        .isEqualTo(IN_USE);
    assertThat(c.events("SuccessfulAttachVolume"))
        .containsExactly("AttachVolume.Attach succeeded for volume \"v\" ");
  }

  @Test
  void aVolumeStaysAttachedUntilItsNodeHasLetGo() {
    volume();
    pod("p", "n1");
    attached();
    inUse(true);
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    assertThat(attachments()).hasSize(1);
    inUse(false);
    assertThat(attachments()).isEmpty();
  }

  @Test
  void aVolumeThatItsNodeHasJustBegunToUseStaysAttached() {
    volume();
    pod("p", "n1");
    attached();
    c.api.failWhen(call -> {
      if (call.verb().equals("get") && call.resource().equals(Resources.NODES)) {
        c.api.failWhen(_ -> Optional.empty());
        c.api.change(
            Resources.NODES,
            "",
            "n1",
            n -> n.withObjectProperty("status").putArray("volumesInUse").add(IN_USE));
      }
      return Optional.empty();
    });
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    assertThat(attachments()).hasSize(1);
    inUse(false);
    assertThat(attachments()).isEmpty();
  }

  @Test
  void aNodeThatIsGoneOrOutOfServiceIsNotWaitedFor() {
    volume();
    pod("p", "n1");
    attached();
    inUse(true);
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    assertThat(attachments()).hasSize(1);
    c.api.change(
        Resources.NODES,
        "",
        "n1",
        n ->
            n.withObjectProperty("spec")
                .putArray("taints")
                .addObject()
                .put("key", "node.kubernetes.io/out-of-service")
                .put("effect", "NoExecute"));
    c.context.runUntilIdle();
    assertThat(attachments()).isEmpty();
  }

  @Test
  void aVolumeForOneNodeIsNotAttachedToASecond() {
    secondNode();
    volume();
    pod("p", "n1");
    attached();
    pod("q", "n2");
    assertThat(attachments()).hasSize(1);
    assertThat(c.told("FailedAttachVolume"))
        .containsExactly(
            "attachdetach-controller Warning: Multi-Attach error for volume \"v\" Volume is already"
                + " used by pod(s) p");
    // It is told once, and the pod gets the volume when the other has gone.
    c.pass(Duration.ofMinutes(1));
    assertThat(c.told("FailedAttachVolume")).hasSize(1);
    c.api.remove(Resources.PODS, "default", "p");
    c.pass(Duration.ofSeconds(1));
    assertThat(attachments())
        .singleElement()
        .satisfies(a -> assertThat(a.text("spec", "nodeName")).isEqualTo("n2"));
  }

  @Test
  void nobodyIsToldWhoHasAVolumeThatNoPodUsesAnyMore() {
    secondNode();
    volume();
    pod("p", "n1");
    attached();
    inUse(true);
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    pod("q", "n2");
    assertThat(c.told("FailedAttachVolume"))
        .containsExactly(
            "attachdetach-controller Warning: Multi-Attach error for volume \"v\" Volume is already"
                + " exclusively attached to one node and can't be attached to another");
  }

  @Test
  void aDriverThatNeedsNoAttachingGetsNone() {
    c.create(
        Resources.CSI_DRIVERS,
        """
        {"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver",
         "metadata":{"name":"disk.example.com"},"spec":{"attachRequired":false}}\
        """);
    volume();
    pod("p", "n1");
    assertThat(attachments()).isEmpty();
  }

  @Test
  void whatTwoVolumesAreToTheirDriverIsDetachedAfterTheLast() {
    volume();
    pod("p", "n1");
    volume("same", "d", "other");
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"q"},
         "spec":{"nodeName":"n1","containers":[{"name":"c"}],
          "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"d"}}]}}\
        """);
    attached();
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    assertThat(attachments()).hasSize(1);
    c.api.remove(Resources.PODS, "default", "q");
    c.context.runUntilIdle();
    assertThat(attachments()).isEmpty();
  }

  private double gauge(String name, String... tags) {
    var found = c.registry.find(name).tags(tags).gauge();
    return found == null ? 0 : found.value();
  }

  private long operations(String operation) {
    var found =
        c.registry
            .find("storage_operation_duration_seconds")
            .tags(
                "operation_name",
                operation,
                "status",
                "success",
                "volume_plugin",
                "kubernetes.io/csi:disk.example.com")
            .timer();
    return found == null ? 0 : found.count();
  }

  @Test
  void whatIsAttachedIsMeasured() {
    volume();
    pod("p", "n1");
    String plugin = "kubernetes.io/csi:disk.example.com";
    String total = "attachdetach_controller_total_volumes";
    assertThat(gauge(total, "plugin_name", plugin, "state", "desired_state_of_world")).isOne();
    assertThat(gauge(total, "plugin_name", plugin, "state", "actual_state_of_world")).isZero();
    assertThat(gauge("storage_count_attachable_volumes_in_use", "node", "n1")).isOne();
    attached();
    inUse(true);
    assertThat(gauge(total, "plugin_name", plugin, "state", "actual_state_of_world")).isOne();
    assertThat(operations("volume_attach")).isOne();
    c.api.remove(Resources.PODS, "default", "p");
    c.api.change(
        Resources.NODES,
        "",
        "n1",
        n ->
            n.withObjectProperty("spec")
                .putArray("taints")
                .addObject()
                .put("key", "node.kubernetes.io/out-of-service")
                .put("effect", "NoExecute"));
    c.context.runUntilIdle();
    assertThat(c.registry.find(total).gauges()).isEmpty();
    assertThat(operations("volume_detach")).isOne();
    assertThat(
            c.registry
                .get("attachdetach_controller_forced_detaches")
                .tag("reason", "out-of-service")
                .counter()
                .count())
        .isOne();
  }

  @Test
  void boundAndUnboundVolumesAndClaimsAreCounted() {
    c.create(
        Resources.PERSISTENT_VOLUMES,
        """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v"},
         "spec":{"storageClassName":"fast","accessModes":["ReadWriteOnce"],
          "capacity":{"storage":"1Gi"},"hostPath":{"path":"/x"}}}\
        """);
    assertThat(gauge("pv_collector_unbound_pv_count", "storage_class", "fast")).isOne();
    assertThat(
            gauge(
                "pv_collector_total_pv_count",
                "plugin_name",
                "kubernetes.io/host-path",
                "volume_mode",
                "Filesystem"))
        .isOne();
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"c"},
         "spec":{"storageClassName":"fast","accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"1Gi"}}}}\
        """);
    assertThat(gauge("pv_collector_bound_pv_count", "storage_class", "fast")).isOne();
    assertThat(c.registry.find("pv_collector_unbound_pv_count").gauges()).isEmpty();
    assertThat(gauge("pv_collector_bound_pvc_count", "namespace", "default")).isOne();
    assertThat(c.registry.find("pv_collector_unbound_pvc_count").gauges()).isEmpty();
  }

  private void driver(boolean attach) {
    c.api.put(
        Resources.CSI_DRIVERS,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver",
             "metadata":{"name":"disk.example.com"},"spec":{"attachRequired":%s}}\
            """
                .formatted(attach)));
    c.context.runUntilIdle();
  }

  @Test
  void aDriverThatAttachesNoMoreLetsItsAttachmentsGo() {
    driver(true);
    volume();
    pod("p", "n1");
    attached();
    inUse(true);
    assertThat(attachments()).hasSize(1);
    driver(false);
    assertThat(attachments()).isEmpty();
  }

  @Test
  void aDriverThatSaysNothingIsTold() {
    volume();
    pod("p", "n1");
    c.pass(Duration.ofSeconds(119));
    assertThat(c.events("FailedAttachVolume")).isEmpty();
    c.pass(Duration.ofSeconds(2));
    assertThat(c.events("FailedAttachVolume"))
        .containsExactly(
            "AttachVolume.Attach failed for volume \"v\" : timed out waiting for external-attacher"
                + " of disk.example.com CSI driver to attach volume h1");
    attached();
    c.pass(Duration.ofMinutes(5));
    assertThat(c.events("FailedAttachVolume")).hasSize(1);
  }
}
