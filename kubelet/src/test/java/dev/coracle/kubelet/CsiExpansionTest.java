package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Volumes that have grown, and drivers that do not follow. */
class CsiExpansionTest extends CsiSetup {

  @BeforeEach
  void ready() throws Exception {
    registered();
    driverObject("\"attachRequired\":false");
    volume("1Gi");
  }

  private KubeObject claim() {
    return k.api.get(Resources.PERSISTENT_VOLUME_CLAIMS, "default", "data").await().indefinitely();
  }

  private String status() {
    return claim().text("status", "allocatedResourceStatuses", "storage");
  }

  private String conditions() {
    return claim().at("status", "conditions").toString();
  }

  /** As an external-resizer leaves it to the node. */
  private void grown(String size) {
    k.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "data",
        n -> {
          n.withObjectProperty("spec")
              .putObject("resources")
              .putObject("requests")
              .put("storage", size);
          var status = n.withObjectProperty("status");
          status.putObject("allocatedResources").put("storage", size);
          status.putObject("allocatedResourceStatuses").put("storage", "NodeResizePending");
          status
              .putArray("conditions")
              .addObject()
              .put("type", "FileSystemResizePending")
              .put("status", "True");
        });
    k.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        "pv1",
        n -> n.withObjectProperty("spec").withObjectProperty("capacity").put("storage", size));
  }

  @Test
  void aVolumeThatHasGrownGrowsOnTheNodeToo() throws Exception {
    pod("grows");
    k.awaitPhase("grows", "Running");
    k.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        "pv1",
        n -> n.withObjectProperty("spec").withObjectProperty("capacity").put("storage", "2Gi"));
    k.eventually(() ->
        assertThat(
                k.api
                    .get(Resources.PERSISTENT_VOLUME_CLAIMS, "default", "data")
                    .await()
                    .indefinitely()
                    .text("status", "capacity", "storage"))
            .isEqualTo("2Gi"));
    assertThat(driver.expanded.getFirst().getCapacityRange().getRequiredBytes())
        .isEqualTo(2L << 30);
    k.eventually(
        () -> assertThat(k.events()).anyMatch(e -> e.startsWith("FileSystemResizeSuccessful")));
  }

  @Test
  void whatGrewWhileNoPodHadItGrowsBeforeContainersStart() {
    grown("2Gi");
    pod("first");
    k.awaitPhase("first", "Running");
    assertThat(driver.calls).containsExactly("stage h1", "publish h1", "expand h1");
    assertThat(claim().text("status", "capacity", "storage")).isEqualTo("2Gi");
    assertThat(status()).isEmpty();
    assertThat(conditions()).isEqualTo("[]");
  }

  @Test
  void whatIsInfeasibleIsToldInTheClaimAndNotAskedAgain() {
    pod("first");
    k.awaitPhase("first", "Running");
    driver.outcomes.put("expand", GrpcStatus.INVALID_ARGUMENT);
    grown("9Gi");
    k.eventually(() -> assertThat(status()).isEqualTo("NodeResizeInfeasible"));
    assertThat(conditions())
        .contains(
            "FileSystemResizePending",
            "\"type\":\"NodeResizeError\"",
            "failed to expand pvc with rpc error: code = InvalidArgument desc = fake error");
    assertThat(driver.expanded).hasSize(1);
    driver.outcomes.clear();
    grown("5Gi");
    k.eventually(() -> assertThat(claim().text("status", "capacity", "storage")).isEqualTo("5Gi"));
    assertThat(conditions()).isEqualTo("[]");
    assertThat(driver.expanded).hasSize(2);
  }

  @Test
  void whatFailsIsToldInTheClaimAndTriedAgain() {
    pod("first");
    k.awaitPhase("first", "Running");
    driver.outcomes.put("expand", GrpcStatus.PERMISSION_DENIED);
    grown("2Gi");
    k.eventually(() -> assertThat(conditions()).contains("NodeResizeError", "PermissionDenied"));
    assertThat(status()).isEqualTo("NodeResizeInProgress");
    k.eventually(() -> assertThat(driver.expanded).hasSizeGreaterThan(1));
    driver.outcomes.clear();
    k.eventually(() -> assertThat(status()).isEmpty());
    assertThat(claim().text("status", "capacity", "storage")).isEqualTo("2Gi");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "VolumeResizeFailed: NodeExpandVolume failed for volume \"pv1\" : rpc error: code ="
                    + " PermissionDenied desc = fake error"));
    assertThat(k.events()).noneMatch(e -> e.startsWith("FailedMount"));
  }

  @Test
  void whatCannotGrowWhileInUseGrowsForTheNextPod() {
    pod("first");
    k.awaitPhase("first", "Running");
    driver.outcomes.put("expand", GrpcStatus.FAILED_PRECONDITION);
    grown("2Gi");
    k.eventually(() -> assertThat(conditions()).contains("NodeResizeError"));
    driver.outcomes.clear();
    gone("first");
    assertThat(driver.expanded).hasSize(1);
    pod("second");
    k.awaitPhase("second", "Running");
    assertThat(claim().text("status", "capacity", "storage")).isEqualTo("2Gi");
    assertThat(driver.expanded).hasSize(2);
  }
}
