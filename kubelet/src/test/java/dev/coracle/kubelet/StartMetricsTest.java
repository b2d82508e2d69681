package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
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
