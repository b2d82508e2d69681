package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.cri.v1.Device;
import dev.coracle.kubelet.plugin.SampleCsiDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Volumes of {@code volumeMode: Block}, local ones and those of a storage driver. */
class BlockVolumesTest {
  private static final String DRIVER = "block.csi.example.com";
  private static final Path DEVICE = Path.of("/dev/loop0");

  private KubeletHarness k;
  private SampleCsiDriver driver;

  @BeforeEach
  void start() throws Exception {
    assumeThat(Files.exists(DEVICE)).as("needs a block device, %s", DEVICE).isTrue();
    k = KubeletHarness.withPlugins();
    assumeThat(k.vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    k.eventually(() -> assertThat(k.data.resolve("kubelet/plugins_registry")).isDirectory());
    driver =
        new SampleCsiDriver(
            k.vertx,
            k.data.resolve("kubelet"),
            DRIVER,
            Files.createDirectories(k.data.resolve("backing")));
    driver.start();
    k.eventually(() ->
        assertThat(driver.told).anyMatch(s -> s.getPluginRegistered() && s.getError().isEmpty()));
    k.api.put(
        Resources.CSI_DRIVERS,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{"name":"%s"},
             "spec":{"attachRequired":false}}\
            """
                .formatted(DRIVER)));
  }

  @AfterEach
  void stop() throws Exception {
    if (driver != null) {
      driver.close();
      k.close();
    }
  }

  private void volume(String mode, String source) {
    k.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pv1"},
             "spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],
              "volumeMode":"%s",%s}}\
            """
                .formatted(mode, source)));
    k.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"data","namespace":"default","uid":"c-uid"},
             "spec":{"volumeName":"pv1","volumeMode":"%s"},
             "status":{"phase":"Bound","capacity":{"storage":"1Gi"}}}\
            """
                .formatted(mode)));
  }

  private void ofDriver() {
    volume(
        "Block",
        "\"csi\":{\"driver\":\"%s\",\"volumeHandle\":\"h1\",\"fsType\":\"ext4\"}"
            .formatted(DRIVER));
  }

  private KubeObject pod(String name, String claim, String use) {
    return k.create(
        name,
        """
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"%s}}],
        "containers":[{"name":"%s","image":"busybox:1",%s}]
        """
            .formatted(claim, name, use));
  }

  private KubeObject pod(String name) {
    return pod(name, "", "\"volumeDevices\":[{\"name\":\"d\",\"devicePath\":\"/dev/xvda\"}]");
  }

  private Path link(KubeObject pod, String plugin) {
    return k.data
        .resolve("kubelet/pods")
        .resolve(pod.uid())
        .resolve("volumeDevices")
        .resolve(plugin)
        .resolve("pv1");
  }

  private Path devices() {
    return k.data.resolve("kubelet/plugins/kubernetes.io/csi/volumeDevices");
  }

  private void gone(String pod) {
    k.delete(pod, DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists(pod)).isFalse());
  }

  @Test
  void aLocalVolumeIsTheDeviceOnTheNode() throws Exception {
    volume("Block", "\"local\":{\"path\":\"%s\"}".formatted(DEVICE));
    KubeObject pod = pod("local");
    k.awaitPhase("local", "Running");
    Path link = link(pod, "kubernetes.io~local-volume");
    assertThat(k.runtime.config("local").orElseThrow().getDevicesList())
        .containsExactly(
            Device.newBuilder()
                .setHostPath(link.toString())
                .setContainerPath("/dev/xvda")
                .setPermissions("mrw")
                .build());
    assertThat(link.toRealPath()).isEqualTo(DEVICE);
    gone("local");
    assertThat(link).doesNotExist();
    assertThat(DEVICE).exists();
  }

  @Test
  void aReadOnlyClaimGivesADeviceThatIsOnlyRead() throws Exception {
    volume("Block", "\"local\":{\"path\":\"%s\"}".formatted(DEVICE));
    pod(
        "reads",
        ",\"readOnly\":true",
        "\"volumeDevices\":[{\"name\":\"d\",\"devicePath\":\"/dev/xvda\"}]");
    k.awaitPhase("reads", "Running");
    assertThat(k.runtime.config("reads").orElseThrow().getDevices(0).getPermissions())
        .isEqualTo("r");
  }

  @Test
  void aDriversVolumeIsStagedAndPublishedAsADeviceAndTakenBackAfterTheLastPod() throws Exception {
    ofDriver();
    KubeObject first = pod("first");
    k.awaitPhase("first", "Running");
    KubeObject second = pod("second");
    k.awaitPhase("second", "Running");
    assertThat(driver.staged)
        .allSatisfy(s -> {
          assertThat(s.getVolumeCapability().hasBlock()).isTrue();
          assertThat(s.getVolumeCapability().hasMount()).isFalse();
          assertThat(s.getStagingTargetPath())
              .isEqualTo(devices().resolve("staging/pv1").toString());
        });
    assertThat(driver.published.getFirst().getTargetPath())
        .isEqualTo(devices().resolve("publish/pv1").resolve(first.uid()).toString());
    Path link = link(first, "kubernetes.io~csi");
    assertThat(k.runtime.config("first").orElseThrow().getDevices(0).getHostPath())
        .isEqualTo(link.toString());
    assertThat(link.toRealPath()).isEqualTo(DEVICE);
    k.eventually(() ->
        assertThat(
                k.api
                    .get(Resources.NODES, "", "n1")
                    .await()
                    .indefinitely()
                    .at("status", "volumesInUse")
                    .toString())
            .isEqualTo("[\"kubernetes.io/csi/" + DRIVER + "^h1\"]"));
    gone("first");
    assertThat(driver.calls).contains("unpublish h1").doesNotContain("unstage h1");
    gone("second");
    assertThat(driver.calls).endsWith("unpublish h1", "unstage h1");
    assertThat(link(second, "kubernetes.io~csi")).doesNotExist();
    assertThat(devices().resolve("pv1")).doesNotExist();
    assertThat(devices().resolve("publish/pv1")).doesNotExist();
    assertThat(devices().resolve("staging/pv1")).doesNotExist();
  }

  @Test
  void theNextKubeletTakesBackADeviceOfItsPredecessor() throws Exception {
    ofDriver();
    KubeObject pod = pod("left");
    k.awaitPhase("left", "Running");
    k.stopKubelet();
    k.api.remove(Resources.PODS, "default", "left");
    k.restart();
    k.eventually(() -> assertThat(driver.calls).endsWith("unpublish h1", "unstage h1"));
    k.eventually(
        () -> assertThat(k.data.resolve("kubelet/pods").resolve(pod.uid())).doesNotExist());
  }

  @Test
  void aRestartedKubeletGivesTheDeviceAgain() throws Exception {
    ofDriver();
    pod("stays");
    k.awaitPhase("stays", "Running");
    k.restart();
    k.runtime.exit("stays", 1);
    k.eventually(() -> assertThat(k.container("stays").path("restartCount").asInt()).isEqualTo(1));
    assertThat(k.runtime.config("stays").orElseThrow().getDevicesCount()).isEqualTo(1);
    gone("stays");
    assertThat(driver.calls).endsWith("unpublish h1", "unstage h1");
  }

  @Test
  void aDriverThatMakesNoDeviceIsToldAndTriedAgain() throws Exception {
    ofDriver();
    driver.device = k.data;
    pod("patient");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith(
                        "FailedMapVolume: MapVolume.SetUpDevice failed for volume \"pv1\" : driver "
                            + DRIVER)
                    && e.contains("has not made a block device at ")));
    driver.device = DEVICE;
    Files.delete(Path.of(driver.published.getFirst().getTargetPath()));
    k.awaitPhase("patient", "Running");
  }

  @Test
  void whatIsNoBlockDeviceIsRefused() throws Exception {
    volume("Block", "\"local\":{\"path\":\"%s\"}".formatted(k.data));
    pod("plain");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMapVolume: MapVolume.SetUpDevice failed for volume \"pv1\" : path \""
                    + k.data
                    + "\" is not a block device"));
  }

  @Test
  void aVolumeIsUsedAsWhatItIs() throws Exception {
    volume("Block", "\"local\":{\"path\":\"%s\"}".formatted(DEVICE));
    pod("mounts", "", "\"volumeMounts\":[{\"name\":\"d\",\"mountPath\":\"/d\"}]");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith("FailedMount")
                    && e.contains(
                        "volume d has volumeMode Block, but is specified in volumeMounts")));
    volume("Filesystem", "\"local\":{\"path\":\"%s\"}".formatted(k.data));
    pod("maps", "", "\"volumeDevices\":[{\"name\":\"d\",\"devicePath\":\"/dev/xvda\"}]");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.contains(
                    "volume d has volumeMode Filesystem, but is specified in volumeDevices")));
  }
}
