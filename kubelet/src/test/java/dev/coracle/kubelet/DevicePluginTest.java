package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.kubelet.plugin.SampleDevicePlugin;
import dev.coracle.kubelet.plugin.SampleDevicePlugin.Mood;
import dev.coracle.podresources.v1.GetPodResourcesRequest;
import dev.coracle.podresources.v1.ListPodResourcesRequest;
import dev.coracle.podresources.v1.PodResources;
import dev.coracle.podresources.v1.PodResourcesListerGrpcClient;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Device plugins over their real protocol: a plugin, the kubelet's sockets, a runtime in memory.
 */
class DevicePluginTest {

  private static final String RESOURCE = "example.com/widget";

  private KubeletHarness k;
  private Path plugins;
  private SampleDevicePlugin plugin;

  @BeforeEach
  void start() throws Exception {
    k = KubeletHarness.withPlugins();
    assumeThat(k.vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    plugins = k.data.resolve("kubelet").resolve("device-plugins");
    k.eventually(() -> assertThat(plugins.resolve("kubelet.sock")).exists());
    plugin = new SampleDevicePlugin(k.vertx, plugins, RESOURCE);
  }

  @AfterEach
  void stop() throws Exception {
    plugin.close();
    k.close();
  }

  private KubeObject node() {
    return k.api.get(Resources.NODES, "", "n1").await().indefinitely();
  }

  private void awaitCounts(String capacity, String allocatable) {
    k.eventually(() -> {
      assertThat(node().text("status", "capacity", RESOURCE)).isEqualTo(capacity);
      assertThat(node().text("status", "allocatable", RESOURCE)).isEqualTo(allocatable);
    });
  }

  private void pod(String name, int devices) {
    k.simple(
        name,
        ",\"resources\":{\"limits\":{\"%s\":\"%d\"},\"requests\":{\"%s\":\"%d\"}}"
            .formatted(RESOURCE, devices, RESOURCE, devices));
  }

  private ContainerConfig config(String container) {
    return k.runtime.config(container).orElseThrow();
  }

  /** Kubernetes docs, "Advertise Extended Resources for a Node". */
  @Test
  void whatOthersSayThatANodeHasCanBeAllocated() {
    k.eventually(() -> assertThat(node().at("status", "capacity").isObject()).isTrue());
    capacity("4");
    awaitCounts("4", "4");
    capacity("6");
    awaitCounts("6", "6");
    capacity(null);
    k.eventually(() -> {
      assertThat(node().at("status", "capacity").has(RESOURCE)).isFalse();
      assertThat(node().at("status", "allocatable").has(RESOURCE)).isFalse();
    });
  }

  private void capacity(@Nullable String count) {
    Patch patch =
        Patch.merge(n -> n.putObject("status").putObject("capacity").put(RESOURCE, count));
    k.api
        .patch(Resources.NODES, "", "n1", patch, "status", WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  @Test
  void devicesReachTheNodeAndTheContainerThatAsksForThem() throws Exception {
    plugin.device("w0", true).device("w1", true).device("w2", false).start();
    awaitCounts("3", "2");
    pod("user", 1);
    k.awaitPhase("user", "Running");
    ContainerConfig config = config("user");
    assertThat(config.getEnvsList())
        .anyMatch(e -> e.getKey().equals("SAMPLE_DEVICES") && e.getValue().equals("w1"));
    assertThat(config.getDevicesList())
        .anyMatch(d ->
            d.getContainerPath().equals("/dev/w1")
                && d.getHostPath().equals("/dev/null")
                && d.getPermissions().equals("rw"));
    assertThat(config.getMountsList())
        .anyMatch(m -> m.getContainerPath().equals("/sample") && m.getReadonly());
    assertThat(config.getAnnotationsMap()).containsEntry("example.com/sample", "yes");
    assertThat(config.getCDIDevicesList())
        .anyMatch(d -> d.getName().equals("example.com/sample=w1"));
    assertThat(plugin.preStarted).containsExactly(List.of("w1"));
    assertThat(
            k.meters()
                .get("kubelet_device_plugin_registration_total")
                .tag("resource_name", RESOURCE)
                .counter()
                .count())
        .isOne();
    assertThat(
            k.meters()
                .get("kubelet_device_plugin_alloc_duration")
                .tag("resource_name", RESOURCE)
                .timer()
                .count())
        .isOne();

    pod("second", 1);
    k.awaitPhase("second", "Running");
    assertThat(plugin.allocated).containsExactly(List.of("w1"), List.of("w0"));

    k.delete("user", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("user")).isFalse());
    pod("third", 1);
    k.awaitPhase("third", "Running");
    assertThat(plugin.allocated).last().isEqualTo(List.of("w1"));
  }

  @Test
  void aDeviceThatFallsIllIsNotGivenAndWhoeverHasItKeepsIt() throws Exception {
    plugin.device("w0", true).device("w1", true).start();
    awaitCounts("2", "2");
    pod("user", 1);
    k.awaitPhase("user", "Running");
    awaitHealth("user", "Healthy");
    plugin.device("w0", false).device("w1", false);
    awaitCounts("2", "0");
    awaitHealth("user", "Unhealthy");
    assertThat(k.pod("user").text("status", "phase")).isEqualTo("Running");
    plugin.device("w0", true).device("w1", true);
    awaitCounts("2", "2");
    awaitHealth("user", "Healthy");
  }

  /** KEP-4680. */
  private void awaitHealth(String pod, String health) {
    k.eventually(() -> {
      JsonNode told = k.container(pod).path("allocatedResourcesStatus");
      assertThat(told).hasSize(1);
      assertThat(told.path(0).path("name").asText()).contains("/");
      assertThat(told.path(0).path("resources")).hasSize(1);
      assertThat(told.at("/0/resources/0/resourceID").asText()).isIn("w0", "w1");
      assertThat(told.at("/0/resources/0/health").asText()).isEqualTo(health);
    });
  }

  @Test
  void aPluginThatRefusesOrLiesFailsOnlyThePodThatAsks() throws Exception {
    plugin.device("w0", true).start();
    awaitCounts("1", "1");
    for (Mood mood : new Mood[] {Mood.REFUSES, Mood.LIES}) {
      plugin.mood = mood;
      String name = mood.name().toLowerCase(java.util.Locale.ROOT);
      pod(name, 1);
      k.awaitPhase(name, "Failed");
      assertThat(k.pod(name).text("status", "reason")).isEqualTo("UnexpectedAdmissionError");
      assertThat(k.pod(name).text("status", "message"))
          .startsWith("Pod was rejected: Allocate failed due to ")
          .endsWith(", which is unexpected");
      String why = k.pod(name).text("status", "message").replace("Pod was rejected: ", "");
      k.eventually(() -> assertThat(k.events()).contains("UnexpectedAdmissionError: " + why));
      assertThat(k.runtime.config(name)).isEmpty();
    }
    plugin.mood = Mood.HONEST;
    pod("after", 1);
    k.awaitPhase("after", "Running");
  }

  @Test
  void aPluginThatHangsHoldsUpNobodyElse() throws Exception {
    plugin.device("w0", true).start();
    awaitCounts("1", "1");
    plugin.mood = Mood.HANGS;
    pod("waits", 1);
    k.simple("other", "");
    k.awaitPhase("other", "Running");
    assertThat(k.runtime.config("waits")).isEmpty();
    assertThat(k.pod("waits").text("status", "phase")).isNotEqualTo("Running");
  }

  @Test
  void aPluginThatDiesLeavesItsPodsAndMayComeBack() throws Exception {
    plugin.device("w0", true).device("w1", true).start();
    awaitCounts("2", "2");
    pod("user", 1);
    k.awaitPhase("user", "Running");
    plugin.close();
    awaitCounts("2", "0");
    assertThat(k.pod("user").text("status", "phase")).isEqualTo("Running");
    plugin.start();
    awaitCounts("2", "2");
    pod("second", 1);
    k.awaitPhase("second", "Running");
    assertThat(plugin.allocated).containsExactly(List.of("w1"), List.of("w0"));
  }

  @Test
  void whatPodsHoldIsKnownToTheNextKubelet() throws Exception {
    plugin.device("w0", true).device("w1", true).start();
    awaitCounts("2", "2");
    pod("user", 1);
    k.awaitPhase("user", "Running");
    plugin.close();
    // Seen on the node, so that the counts below are the next kubelet's.
    awaitCounts("2", "0");
    k.restart();
    k.eventually(() -> assertThat(plugins.resolve("kubelet.sock")).exists());
    assertThat(k.pod("user").text("status", "phase")).isEqualTo("Running");
    plugin.start();
    awaitCounts("2", "2");
    pod("second", 1);
    k.awaitPhase("second", "Running");
    assertThat(plugin.allocated).containsExactly(List.of("w1"), List.of("w0"));
    assertThat(k.container("user").path("restartCount").asInt()).isZero();
  }

  @Test
  void aCheckpointThatIsDamagedCountsAsNone() throws Exception {
    k.stopKubelet();
    Files.writeString(plugins.resolve("kubelet_internal_checkpoint"), "{\"Data\":{},\"Che");
    k.restart();
    k.eventually(() -> assertThat(plugins.resolve("kubelet.sock")).exists());
    plugin.device("w0", true).start();
    awaitCounts("1", "1");
  }

  @Test
  void whatDoesNotRegisterProperlyIsRefusedWithTheReason() {
    assertThatThrownBy(() -> plugin.register("v1alpha", "x.sock")).isInstanceOf(Exception.class);
    assertThatThrownBy(() -> plugin.register("v1beta1", "../x.sock")).isInstanceOf(Exception.class);
    SampleDevicePlugin native0 = new SampleDevicePlugin(k.vertx, plugins, "cpu");
    assertThatThrownBy(() -> native0.register("v1beta1", "x.sock")).isInstanceOf(Exception.class);
    assertThat(node().at("status", "capacity").has(RESOURCE)).isFalse();
  }

  private double asked(String what) {
    return k.meters()
        .get("kubelet_pod_resources_endpoint_" + what)
        .tag("server_api_version", "v1")
        .gauge()
        .value();
  }

  @Test
  void monitoringSeesWhoHoldsWhat() throws Exception {
    plugin.device("w0", true).device("w1", true).start();
    awaitCounts("2", "2");
    pod("user", 1);
    k.awaitPhase("user", "Running");
    GrpcClient client = GrpcClient.client(k.vertx);
    try {
      var lister =
          PodResourcesListerGrpcClient.create(
              client,
              SocketAddress.domainSocketAddress(
                  k.data.resolve("kubelet/pod-resources/kubelet.sock").toString()));
      PodResources listed =
          lister
              .list(ListPodResourcesRequest.getDefaultInstance())
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS)
              .getPodResources(0);
      assertThat(listed.getName()).isEqualTo("user");
      assertThat(listed.getContainers(0).getDevices(0).getDeviceIdsList()).containsExactly("w1");
      PodResources one =
          lister
              .get(
                  GetPodResourcesRequest.newBuilder()
                      .setPodName("user")
                      .setPodNamespace("default")
                      .build())
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS)
              .getPodResources();
      assertThat(one).isEqualTo(listed);
      var missing =
          lister
              .get(GetPodResourcesRequest.newBuilder().setPodName("none").build())
              .toCompletionStage()
              .toCompletableFuture();
      assertThatThrownBy(() -> missing.get(10, TimeUnit.SECONDS)).isInstanceOf(Exception.class);
      assertThat(asked("requests_list")).isEqualTo(1);
      assertThat(asked("requests_get")).isEqualTo(2);
      assertThat(asked("errors_get")).isEqualTo(1);
      assertThat(asked("errors_list")).isZero();
      assertThat(asked("requests_get_allocatable")).isZero();
      assertThat(
              k.meters()
                  .get("kubelet_pod_resources_endpoint_requests_total")
                  .tag("server_api_version", "v1")
                  .counter()
                  .count())
          .isEqualTo(3);
    } finally {
      client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }
}
