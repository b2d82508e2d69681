package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.Patch;
import io.micrometer.core.instrument.Timer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Storage drivers over their real protocol: a driver, its sockets, a runtime in memory. */
class CsiTest extends CsiSetup {

  @Test
  void aDriverIsFoundBySocketAndToldInTheApi() throws Exception {
    registered();
    KubeObject node = k.api.get(Resources.CSI_NODES, "", "n1").await().indefinitely();
    assertThat(node.at("spec", "drivers").toString())
        .contains("\"nodeID\":\"node-of-" + DRIVER, "\"count\":3", "topology." + DRIVER + "/node");
    KubeObject n1 = k.api.get(Resources.NODES, "", "n1").await().indefinitely();
    assertThat(n1.labels()).containsEntry("topology." + DRIVER + "/node", "here");
    assertThat(n1.annotation("csi.volume.kubernetes.io/nodeid").orElse("")).contains(DRIVER);
    driver.close();
    k.eventually(() ->
        assertThat(
                k.api
                    .get(Resources.CSI_NODES, "", "n1")
                    .await()
                    .indefinitely()
                    .at("spec", "drivers"))
            .isEmpty());
  }

  private long calls(String method, String code) {
    return k.meters().find("csi_operations").tag("driver_name", DRIVER).timers().stream()
        .filter(t -> "/csi.v1.Node/".concat(method).equals(t.getId().getTag("method_name")))
        .filter(t -> code.equals(t.getId().getTag("grpc_status_code")))
        .mapToLong(Timer::count)
        .sum();
  }

  @Test
  void callsOfADriverAreMeasuredByWhatCameOfThem() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    driver.failing = Optional.of("no such volume");
    KubeObject made = pod("measured");
    k.eventually(() ->
        assertThat(calls("NodeStageVolume", "Internal") + calls("NodePublishVolume", "Internal"))
            .isPositive());
    assertThat(calls("NodePublishVolume", "OK")).isZero();
    driver.failing = Optional.empty();
    k.awaitPhase(made.name(), "Running");
    assertThat(calls("NodePublishVolume", "OK")).isOne();
    assertThat(calls("NodeGetInfo", "OK")).isPositive();
  }

  private JsonNode room() {
    return k.api
        .get(Resources.CSI_NODES, "", "n1")
        .await()
        .indefinitely()
        .at("spec", "drivers")
        .path(0)
        .path("allocatable");
  }

  @Test
  void howManyVolumesThereCanBeIsAskedAgainAsOftenAsTheDriverWants() throws Exception {
    driverObject("\"attachRequired\":false,\"nodeAllocatableUpdatePeriodSeconds\":1");
    registered();
    assertThat(room()).hasToString("{\"count\":3}");
    driver.room = 5;
    k.eventually(() -> assertThat(room()).hasToString("{\"count\":5}"));
    driver.room = 0;
    k.eventually(() -> assertThat(room().isMissingNode()).isTrue());
  }

  @Test
  void aVolumeThatFoundNoRoomHasThatAskedAtOnce() throws Exception {
    driverObject("\"attachRequired\":true,\"nodeAllocatableUpdatePeriodSeconds\":3600");
    registered();
    driver.room = 1;
    volume("1Gi");
    attachment("{\"attached\":false,\"attachError\":{\"message\":\"no room\",\"errorCode\":8}}");
    pod("full");
    k.eventually(() -> assertThat(room()).hasToString("{\"count\":1}"));
  }

  private void attachment(String status) throws Exception {
    String name =
        "csi-"
            + HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(("h1" + DRIVER + "n1").getBytes(StandardCharsets.UTF_8)));
    k.api.put(
        Resources.VOLUME_ATTACHMENTS,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttachment","metadata":{"name":"%s"},
             "spec":{"attacher":"%s","nodeName":"n1","source":{"persistentVolumeName":"pv1"}},
             "status":%s}\
            """
                .formatted(name, DRIVER, status)));
  }

  @Test
  void aDriverThatWantsItIsCalledAgainAndStagesOnce() throws Exception {
    registered();
    driverObject("\"attachRequired\":false,\"requiresRepublish\":true");
    volume("1Gi");
    KubeObject made = pod("again");
    k.awaitPhase("again", "Running");
    int before = driver.published.size();
    k.api
        .patch(
            Resources.PODS,
            "default",
            "again",
            Patch.merge(n -> n.putObject("metadata").putObject("annotations").put("look", "now")))
        .await()
        .indefinitely();
    k.eventually(() -> assertThat(driver.published.size()).isGreaterThan(before));
    assertThat(driver.published.getLast().getTargetPath())
        .isEqualTo(directory(made, "pv1").resolve("mount").toString());
    assertThat(driver.staged).hasSize(1);
    assertThat(k.container("again").path("restartCount").asInt()).isZero();
  }

  @Test
  void aVolumeIsStagedOncePublishedForEachPodAndTakenBackAfterTheLast() throws Exception {
    registered();
    driverObject("\"attachRequired\":false,\"podInfoOnMount\":true");
    volume("1Gi");
    KubeObject first = pod("first");
    k.awaitPhase("first", "Running");
    KubeObject second = pod("second");
    k.awaitPhase("second", "Running");
    assertThat(driver.staged.getFirst().getVolumeContextMap()).containsEntry("flavour", "plain");
    assertThat(driver.staged.getFirst().getStagingTargetPath())
        .startsWith(k.data.resolve("kubelet/plugins/kubernetes.io/csi/" + DRIVER).toString());
    assertThat(driver.published.getFirst().getVolumeContextMap())
        .containsEntry("csi.storage.k8s.io/pod.name", "first")
        .containsEntry("csi.storage.k8s.io/ephemeral", "false");
    assertThat(driver.published.getFirst().getTargetPath())
        .isEqualTo(directory(first, "pv1").resolve("mount").toString());
    assertThat(k.runtime.config("first").orElseThrow().getMountsList())
        .anyMatch(m -> m.getContainerPath().equals("/d"));
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
    assertThat(directory(second, "pv1")).doesNotExist();
    assertThat(driver.data("h1")).isDirectory();
  }

  @Test
  void aVolumeWaitsUntilItIsAttached() throws Exception {
    registered();
    driverObject("\"attachRequired\":true");
    volume("1Gi");
    pod("waits");
    k.eventually(() -> assertThat(looksForAttachment()).isPositive());
    assertThat(driver.calls).isEmpty();
    attachment("{\"attached\":true,\"attachmentMetadata\":{\"device\":\"/dev/x\"}}");
    k.awaitPhase("waits", "Running");
    assertThat(k.events()).noneMatch(e -> e.startsWith("FailedMount"));
    assertThat(driver.staged.getFirst().getPublishContextMap()).containsEntry("device", "/dev/x");
    assertThat(
            k.meters()
                .get("volume_operation_total")
                .tag("operation_name", "overall_volume_mount")
                .tag("plugin_name", "kubernetes.io/csi:" + DRIVER)
                .timer()
                .count())
        .isOne();
  }

  private long looksForAttachment() {
    return k
        .meters()
        .find("storage_operation_duration")
        .tag("operation_name", "verify_controller_attached_volume")
        .tag("volume_plugin", "kubernetes.io/csi:" + DRIVER)
        .tag("status", "fail-unknown")
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }

  @Test
  void anAttachedVolumeIsSaidToBeInUseBeforeItIsTouched() throws Exception {
    registered();
    driverObject("\"attachRequired\":true");
    volume("1Gi");
    attachment("{\"attached\":true}");
    List<String> said = new CopyOnWriteArrayList<>();
    driver.asked = () -> said.add(inUse());
    k.api.failWhen(call ->
        call.verb().equals("patch") && call.resource().equals(Resources.NODES)
            ? Optional.of(StatusException.of(StatusReason.INTERNAL_ERROR, "not now"))
            : Optional.empty());
    pod("late");
    k.eventually(() -> assertThat(looksForAttachment()).isPositive());
    assertThat(driver.calls).isEmpty();
    k.api.failWhen(_ -> Optional.empty());
    k.awaitPhase("late", "Running");
    assertThat(said).hasSize(2).containsOnly("[\"kubernetes.io/csi/" + DRIVER + "^h1\"]");
  }

  private String inUse() {
    return k.api
        .get(Resources.NODES, "", "n1")
        .await()
        .indefinitely()
        .at("status", "volumesInUse")
        .toString();
  }

  @Test
  void aPodThatFindsNoRoomForItsVolumesIsNotForThisNode() throws Exception {
    driverObject("\"attachRequired\":true,\"nodeAllocatableUpdatePeriodSeconds\":3600");
    registered();
    volume("1Gi");
    attachment("{\"attached\":false,\"attachError\":{\"message\":\"no room\",\"errorCode\":8}}");
    pod("full");
    k.eventually(() -> assertThat(looksForAttachment()).isPositive());
    k.clock.advance(Duration.ofSeconds(123));
    k.awaitPhase("full", "Failed");
    assertThat(k.pod("full").text("status", "reason")).isEqualTo("VolumeAttachmentLimitExceeded");
    assertThat(k.pod("full").text("status", "message"))
        .isEqualTo(
            "Pod was rejected: unmounted volumes=[d], unattached volumes=[d], failed to process"
                + " volumes=[]: timed out waiting for the condition");
  }

  @Test
  void aVolumeForOnePodIsNotGivenToASecond() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    k.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        "pv1",
        v -> v.withObjectProperty("spec").putArray("accessModes").add("ReadWriteOncePod"));
    pod("first");
    k.awaitPhase("first", "Running");
    pod("second");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.SetUp failed for volume \"pv1\" : volume uses the"
                    + " ReadWriteOncePod access mode and is already in use by another pod"));
    assertThat(k.pod("second").text("status", "phase")).isEqualTo("Pending");
    gone("first");
    k.awaitPhase("second", "Running");
  }

  @Test
  void aDriverThatIsNotForClaimsGivesNoneAVolume() throws Exception {
    registered();
    driverObject("\"attachRequired\":false,\"volumeLifecycleModes\":[\"Ephemeral\"]");
    volume("1Gi");
    pod("wrong");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.NewMounter initialization failed for volume \"pv1\" :"
                    + " volume mode \"Persistent\" not supported by driver "
                    + DRIVER
                    + " (only supports [\"Ephemeral\"])"));
    assertThat(driver.calls).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aVolumeThatIsOnlyReadKeepsItsOwner(boolean readOnly) throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    driver.plain = true;
    k.create(
        "p",
        """
        "securityContext":{"fsGroup":%d},
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data","readOnly":%s}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """
            .formatted((int) Files.getAttribute(k.data, "unix:gid"), readOnly));
    k.awaitPhase("p", "Running");
    Path volume = Path.of(driver.published.getFirst().getTargetPath());
    assertThat(((int) Files.getAttribute(volume, "unix:mode") & 02000) == 0).isEqualTo(readOnly);
  }

  @Test
  void anInlineVolumeLivesAsLongAsItsPod() throws Exception {
    registered();
    driverObject(
        "\"attachRequired\":false,\"podInfoOnMount\":true,\"volumeLifecycleModes\":[\"Ephemeral\"]");
    KubeObject pod =
        k.create(
            "inline",
            """
            "volumes":[{"name":"d","csi":{"driver":"%s","volumeAttributes":{"a":"b"}}}],
            "containers":[{"name":"inline","image":"busybox:1",
             "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
            """
                .formatted(DRIVER));
    k.awaitPhase("inline", "Running");
    assertThat(driver.staged).isEmpty();
    assertThat(driver.published.getFirst().getVolumeId()).startsWith("csi-");
    assertThat(driver.published.getFirst().getVolumeContextMap())
        .containsEntry("a", "b")
        .containsEntry("csi.storage.k8s.io/ephemeral", "true");
    gone("inline");
    assertThat(driver.calls).last().asString().startsWith("unpublish csi-");
    assertThat(directory(pod, "d")).doesNotExist();
  }

  @Test
  void anInlineVolumeWithAFileSystemIsGivenToTheGroup() throws Exception {
    registered();
    driverObject("\"attachRequired\":false,\"volumeLifecycleModes\":[\"Ephemeral\"]");
    driver.plain = true;
    int group = (int) Files.getAttribute(k.data, "unix:gid");
    k.create(
        "inline",
        """
        "securityContext":{"fsGroup":%d},
        "volumes":[{"name":"d","csi":{"driver":"%s","fsType":"ext4"}}],
        "containers":[{"name":"inline","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """
            .formatted(group, DRIVER));
    k.awaitPhase("inline", "Running");
    Path volume = Path.of(driver.published.getFirst().getTargetPath());
    assertThat((int) Files.getAttribute(volume, "unix:mode") & 02070).isEqualTo(02070);
  }

  @Test
  void aDriverThatFailsOrIsNotThereIsToldAndTriedAgain() throws Exception {
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    pod("patient");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.MountDevice failed for volume \"pv1\" : kubernetes.io/csi:"
                    + " attacher.MountDevice failed to create newCsiDriverClient: driver name "
                    + DRIVER
                    + " not found in the list of registered CSI drivers"));
    driver.failing = Optional.of("no space left");
    registered();
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.MountDevice failed for volume \"pv1\" : rpc error: code ="
                    + " Internal desc = no space left"));
    k.simple("other", "");
    k.awaitPhase("other", "Running");
    driver.failing = Optional.empty();
    k.awaitPhase("patient", "Running");
  }

  @Test
  void aDriverThatHangsAndDiesHoldsUpOnlyItsOwnPods() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    driver.hanging = true;
    pod("patient");
    k.eventually(() -> assertThat(driver.calls).contains("stage h1"));
    k.simple("other", "");
    k.awaitPhase("other", "Running");
    assertThat(k.pod("patient").text("status", "phase")).isEqualTo("Pending");
    driver.close();
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith(
                    "FailedMount: MountVolume.MountDevice failed for volume \"pv1\" : rpc error:"
                        + " code = Unavailable desc = ")));
    driver.hanging = false;
    driver.start();
    k.awaitPhase("patient", "Running");
    assertThat(k.container("other").path("restartCount").asInt()).isZero();
  }

  @Test
  void aDriverThatSaysItPublishedWhatItDidNotIsFoundOut() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    driver.lying = true;
    pod("patient");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith("FailedMount: MountVolume.SetUp failed for volume \"pv1\" : driver ")
                    && e.contains(" has not made ")));
    driver.lying = false;
    k.awaitPhase("patient", "Running");
  }

  @Test
  void aClaimThatGivesNoVolumeIsToldAsUpstreamDoes() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    pod("patient");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e -> e.startsWith(unusable("failed to fetch PVC from API server: "))));
    volume("1Gi");
    k.awaitPhase("patient", "Running");
    k.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "data",
        n ->
            n.withObjectProperty("metadata")
                .put("deletionTimestamp", "2026-01-01T00:00:00Z")
                .putArray("finalizers")
                .add("kubernetes.io/pvc-protection"));
    pod("late");
    k.eventually(() -> assertThat(k.events()).contains(unusable("PVC is being deleted")));
    assertThat(k.pod("patient").text("status", "phase")).isEqualTo("Running");
  }

  private static String unusable(String why) {
    return "FailedMount: Unable to attach or mount volumes: unmounted volumes=[d], unattached"
        + " volumes=[], failed to process volumes=[d]: error processing PVC default/data: "
        + why;
  }

  @Test
  void aPodThatRunsKeepsAClaimThatIsDeletedWhileItsKubeletIsAway() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    pod("kept");
    k.awaitPhase("kept", "Running");
    k.stopKubelet();
    k.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "data",
        n ->
            n.withObjectProperty("metadata")
                .put("deletionTimestamp", "2026-01-01T00:00:00Z")
                .putArray("finalizers")
                .add("kubernetes.io/pvc-protection"));
    driver.calls.clear();
    k.restart();
    k.eventually(() -> assertThat(driver.calls).contains("publish h1"));
    assertThat(driver.calls).doesNotContain("unpublish h1");
    assertThat(k.events()).doesNotContain(unusable("PVC is being deleted"));
    assertThat(k.container("kept").path("restartCount").asInt()).isZero();
  }

  @Test
  void whatNoContainerUsesIsLeftAlone() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    KubeObject made =
        k.create(
            "unused",
            """
            "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}},
             {"name":"absent","secret":{"secretName":"no-such-secret"}}],
            "containers":[{"name":"unused","image":"busybox:1"}]
            """);
    k.awaitPhase("unused", "Running");
    assertThat(driver.calls).isEmpty();
    assertThat(directory(made, "pv1")).doesNotExist();
  }

  @Test
  void theNextKubeletTakesBackWhatItsPredecessorPublished() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
    KubeObject pod = pod("left");
    k.awaitPhase("left", "Running");
    k.stopKubelet();
    k.api.remove(Resources.PODS, "default", "left");
    k.restart();
    k.eventually(() -> assertThat(driver.calls).endsWith("unpublish h1", "unstage h1"));
    k.eventually(
        () -> assertThat(k.data.resolve("kubelet/pods").resolve(pod.uid())).doesNotExist());
  }
}
