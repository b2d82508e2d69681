package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is counted of containers' starts and of the images that they mount (KEP-4639). */
class StartMetricsTest {
  private static final String VOLUMES =
      """
      "volumes":[{"name":"data","image":{"reference":"busybox:1"}}],
      "containers":[{"name":"%s","image":"busybox:1",
        "volumeMounts":[{"name":"data","mountPath":"/data"}]}]
      """;

  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private double count(String name, String... tags) {
    return k.meters().get(name).tags(tags).counter().count();
  }

  @Test
  void mountedImagesAndStartsAreCounted() {
    k.create("reads", VOLUMES.formatted("reads"));
    k.awaitPhase("reads", "Running");
    assertThat(count("kubelet_image_volume_requested_total")).isOne();
    assertThat(count("kubelet_image_volume_mounted_succeed_total")).isOne();
    assertThat(k.meters().find("kubelet_image_volume_mounted_errors_total").counter()).isNull();
    assertThat(count("kubelet_started_containers_total", "container_type", "container")).isOne();
    assertThat(count("kubelet_runtime_operations_total", "operation_type", "run_podsandbox"))
        .isOne();
    assertThat(k.meters().get("kubelet_node_name").tag("node", "n1").gauge().value()).isOne();
  }

  private Timer timer(String name, String... tags) {
    return k.meters().get(name).tags(tags).timer();
  }

  @Test
  void howLongAPodTakesToStartIsMeasuredOnce() {
    k.create("of-two", "\"containers\":[%s,%s]".formatted(container("a"), container("b")));
    k.awaitPhase("of-two", "Running");
    k.eventually(() -> assertThat(timer("kubelet_pod_start_total_duration").count()).isOne());
    assertThat(timer("kubelet_pod_start_sli_duration").count()).isOne();
    assertThat(timer("kubelet_pod_worker_start_duration").count()).isOne();
    assertThat(timer("kubelet_pod_status_sync_duration").count()).isPositive();
    DistributionSummary containers = k.meters().get("kubelet_containers_per_pod_count").summary();
    assertThat(containers.count()).isOne();
    assertThat(containers.totalAmount()).isEqualTo(2);
    assertThat(
            k.meters().get("kubelet_first_network_pod_start_sli_duration_seconds").gauge().value())
        .isPositive();
    assertThat(k.meters().get("kubelet_pleg_last_seen_seconds").gauge().value())
        .isCloseTo(Instant.now().getEpochSecond(), within(120.0));
    k.runtime.exit("a", 1);
    k.eventually(() -> assertThat(k.container("of-two").path("restartCount").asInt()).isEqualTo(1));
    k.awaitPhase("of-two", "Running");
    assertThat(timer("kubelet_pod_start_total_duration").count()).isOne();
    assertThat(
            count(
                "kubelet_terminated_containers_total",
                "container_type",
                "container",
                "exit_code",
                "1"))
        .isOne();
  }

  private double gauge(String name, String tag, String value) {
    return k.meters().get(name).tag(tag, value).gauge().value();
  }

  @Test
  void podsAreCountedByWhereTheyComeFromAndContainersByTheirState() {
    k.create("two", "\"containers\":[%s,%s]".formatted(container("a"), container("b")));
    k.awaitPhase("two", "Running");
    assertThat(gauge("kubelet_desired_pods", "static", "")).isOne();
    assertThat(gauge("kubelet_active_pods", "static", "")).isOne();
    assertThat(gauge("kubelet_desired_pods", "static", "true")).isZero();
    assertThat(gauge("kubelet_running_containers", "container_state", "running")).isEqualTo(2);
    assertThat(gauge("kubelet_running_containers", "container_state", "exited")).isZero();
  }

  private double working(String lifecycle, String config, String isStatic) {
    return k.meters()
        .get("kubelet_working_pods")
        .tags("lifecycle", lifecycle, "config", config, "static", isStatic)
        .gauge()
        .value();
  }

  @Test
  void podsAreCountedByHowFarTheyAreToo() {
    k.simple("one", "");
    k.awaitPhase("one", "Running");
    assertThat(working("sync", "desired", "")).isOne();
    for (String lifecycle : new String[] {"sync", "terminating", "terminated"}) {
      assertThat(working(lifecycle, "desired", "true")).isZero();
      assertThat(working(lifecycle, "orphan", "")).isZero();
      assertThat(working(lifecycle, "runtime_only", "unknown")).isZero();
    }
    java.util.concurrent.CountDownLatch go = new java.util.concurrent.CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.startsWith("stopContainer")) {
        try {
          go.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    k.delete("one", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(working("terminating", "desired", "")).isOne());
    k.delete("one", DeleteOptions.now());
    k.eventually(() -> assertThat(working("terminating", "orphan", "")).isOne());
    go.countDown();
    k.eventually(() -> assertThat(working("terminating", "orphan", "")).isZero());
  }

  @Test
  void pullsAreMeasuredByTheSizeOfTheirImages() {
    k.create(
        "pulls",
        "\"containers\":[{\"name\":\"a\",\"image\":\"far:1\",\"imagePullPolicy\":\"Always\"}]");
    k.awaitPhase("pulls", "Running");
    assertThat(
            k.meters().get("kubelet_image_pull_duration").timers().stream()
                .mapToLong(Timer::count)
                .sum())
        .isOne();
  }

  @Test
  void imagesThatAreNeededAndPodsThatAreRefusedAreCounted() {
    k.simple("here", ",\"imagePullPolicy\":\"IfNotPresent\"");
    k.awaitPhase("here", "Running"); // Else the other's pull may make this one prove its right.
    k.simple("always", ",\"imagePullPolicy\":\"Always\"");
    k.awaitPhase("always", "Running");
    String images = "kubelet_image_manager_ensure_image_requests_total";
    assertThat(
            count(
                images,
                "pull_policy",
                "ifnotpresent",
                "present_locally",
                "true",
                "pull_required",
                "false"))
        .isOne();
    assertThat(
            count(
                images,
                "pull_policy",
                "always",
                "present_locally",
                "unknown",
                "pull_required",
                "true"))
        .isOne();
    k.simple("greedy", ",\"resources\":{\"requests\":{\"cpu\":\"100000\"}}");
    k.create(
        "elsewhere",
        "\"nodeSelector\":{\"no\":\"such\"},\"containers\":[%s]".formatted(container("c")));
    k.awaitPhase("greedy", "Failed");
    k.awaitPhase("elsewhere", "Failed");
    assertThat(count("kubelet_admission_rejections_total", "reason", "OutOfcpu")).isOne();
    assertThat(count("kubelet_admission_rejections_total", "reason", "Other")).isOne();
  }

  private static String container(String name) {
    return "{\"name\":\"%s\",\"image\":\"busybox:1\"}".formatted(name);
  }

  @Test
  void aPodWhoseVolumesTakeTheirTimeIsNoneOfTheIndicator() {
    k.create(
        "stateful",
        "\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/tmp\"}}],\"containers\":[%s]"
            .formatted(container("stateful")));
    k.awaitPhase("stateful", "Running");
    k.eventually(() -> assertThat(timer("kubelet_pod_start_total_duration").count()).isOne());
    assertThat(timer("kubelet_pod_start_sli_duration").count()).isZero();
  }

  private double volumes(String plugin, String state) {
    return k.meters()
        .get("volume_manager_total_volumes")
        .tag("plugin_name", plugin)
        .tag("state", state)
        .gauge()
        .value();
  }

  private long mounts(String plugin, String status) {
    return operations("volume_mount", plugin, status);
  }

  private long operations(String name, String plugin, String status) {
    return timer(
            "storage_operation_duration",
            "volume_plugin",
            plugin,
            "operation_name",
            name,
            "status",
            status,
            "migrated",
            "false")
        .count();
  }

  @Test
  void volumesAreCountedByTheirKind() {
    k.create(
        "reads",
        """
        "volumes":[{"name":"e","emptyDir":{}},{"name":"m","configMap":{"name":"none"}}],
        "containers":[{"name":"reads","image":"busybox:1","volumeMounts":[
         {"name":"e","mountPath":"/e"},{"name":"m","mountPath":"/m"}]}]
        """);
    k.eventually(() -> assertThat(mounts("kubernetes.io/configmap", "fail-unknown")).isPositive());
    assertThat(mounts("kubernetes.io/empty-dir", "success")).isOne();
    for (String plugin : new String[] {"kubernetes.io/empty-dir", "kubernetes.io/configmap"}) {
      assertThat(volumes(plugin, "desired_state_of_world")).as(plugin).isOne();
    }
    assertThat(volumes("kubernetes.io/empty-dir", "actual_state_of_world")).isOne();
    assertThat(volumes("kubernetes.io/configmap", "actual_state_of_world")).isZero();
    k.delete("reads", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("reads")).isFalse());
    k.eventually(() -> {
      assertThat(volumes("kubernetes.io/empty-dir", "desired_state_of_world")).isZero();
      assertThat(volumes("kubernetes.io/empty-dir", "actual_state_of_world")).isZero();
      assertThat(volumes("kubernetes.io/configmap", "desired_state_of_world")).isZero();
      assertThat(volumes("kubernetes.io/configmap", "actual_state_of_world")).isZero();
    });
    assertThat(operations("volume_unmount", "kubernetes.io/empty-dir", "success")).isOne();
  }

  @Test
  void whatTheRuntimeDoesNotMountIsCountedAsAnError() {
    k.runtime.failing(call ->
        call.startsWith("createContainer")
            ? Optional.of(new CriException(Code.INTERNAL, "no such directory in the image"))
            : Optional.empty());
    k.create("lost", VOLUMES.formatted("lost"));
    k.eventually(() -> assertThat(count("kubelet_image_volume_mounted_errors_total")).isPositive());
    assertThat(
            count(
                "kubelet_started_containers_errors_total",
                "container_type",
                "container",
                "code",
                "CreateContainerError"))
        .isPositive();
  }

  @Test
  void sandboxesAreMeasuredByTheirHandler() {
    k.create("reads", VOLUMES.formatted("reads"));
    k.awaitPhase("reads", "Running");
    assertThat(
            k.meters()
                .get("kubelet_run_podsandbox_duration")
                .tag("runtime_handler", "")
                .timer()
                .count())
        .isOne();
    assertThat(count("kubelet_started_pods_errors_total")).isZero();
    k.runtime.failing(call ->
        call.startsWith("runPodSandbox")
            ? Optional.of(new CriException(Code.INTERNAL, "no network"))
            : Optional.empty());
    k.simple("lost", "");
    k.eventually(() -> {
      assertThat(count("kubelet_run_podsandbox_errors_total", "runtime_handler", "")).isPositive();
      assertThat(count("kubelet_started_pods_errors_total")).isPositive();
    });
  }
}
