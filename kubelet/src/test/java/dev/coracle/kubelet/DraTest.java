package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.drahealth.v1alpha1.HealthStatus;
import dev.coracle.kubelet.plugin.SampleDraDriver;
import dev.coracle.podresources.v1.CDIDevice;
import dev.coracle.podresources.v1.ClaimResource;
import dev.coracle.podresources.v1.DynamicResource;
import dev.coracle.podresources.v1.ListPodResourcesRequest;
import dev.coracle.podresources.v1.PodResourcesListerGrpcClient;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Resource drivers over their real protocol: a driver, its socket, a runtime in memory. */
class DraTest {

  private static final String DRIVER = "sample.dra.example.com";

  private KubeletHarness k;
  private SampleDraDriver driver;

  @BeforeEach
  void start() throws Exception {
    k = KubeletHarness.withPlugins();
    assumeThat(k.vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    k.eventually(() -> assertThat(k.data.resolve("kubelet/plugins_registry")).isDirectory());
    driver = new SampleDraDriver(k.vertx, k.data.resolve("kubelet"), DRIVER).start();
    k.eventually(() -> assertThat(driver.told).anyMatch(s -> s.getPluginRegistered()));
  }

  @AfterEach
  void stop() throws Exception {
    driver.close();
    k.close();
  }

  private KubeObject pod(String name) {
    return k.create(
        name,
        """
        "resourceClaims":[{"name":"gpu","resourceClaimName":"claim"}],
        "containers":[{"name":"%s","image":"busybox:1",
         "resources":{"claims":[{"name":"gpu","request":"one"}]}}]
        """
            .formatted(name));
  }

  /** As the scheduler writes it. */
  private void claim(KubeObject... consumers) {
    StringBuilder reserved = new StringBuilder();
    for (KubeObject pod : consumers) {
      reserved
          .append(reserved.isEmpty() ? "" : ",")
          .append(
              "{\"resource\":\"pods\",\"name\":\"%s\",\"uid\":\"%s\"}"
                  .formatted(pod.name(), pod.uid()));
    }
    k.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"claim","namespace":"default","uid":"claim-uid"},
             "spec":{"devices":{"requests":[{"name":"one","exactly":{"deviceClassName":"c"}}]}},
             "status":{"allocation":{"devices":{"results":[
               {"request":"one","driver":"%s","pool":"n1","device":"d0","shareID":"share-uid"}]}},
              "reservedFor":[%s]}}\
            """
                .formatted(DRIVER, reserved)));
  }

  @Test
  void aClaimIsPreparedOnceAndItsDevicesReachTheContainers() throws Exception {
    KubeObject first = pod("first");
    k.eventually(
        () -> assertThat(k.events()).anyMatch(e -> e.startsWith("FailedPrepareDynamicResources")));
    KubeObject second = pod("second");
    claim(first, second);
    k.awaitPhase("first", "Running");
    k.awaitPhase("second", "Running");
    assertThat(driver.calls).containsExactly("prepare claim");
    assertThat(k.runtime.config("second").orElseThrow().getCDIDevicesList())
        .anyMatch(d -> d.getName().equals(DRIVER + "/device=claim-uid"));
    k.delete("first", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("first")).isFalse());
    assertThat(driver.calls).containsExactly("prepare claim");
    k.delete("second", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("second")).isFalse());
    assertThat(driver.calls).containsExactly("prepare claim", "unprepare claim");
  }

  /** KEP-5004; as the scheduler writes it, before it binds the pod. */
  @Test
  void devicesOfExtendedResourcesReachTheContainersThatAskForThem() {
    KubeObject pod =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod",
             "metadata":{"name":"extended","namespace":"default","uid":"extended-uid"},
             "spec":{"nodeName":"n1","terminationGracePeriodSeconds":5,"containers":[
              {"name":"has","image":"busybox:1","resources":{
               "requests":{"a.example.com/gpu":"1"},"limits":{"a.example.com/gpu":"1"}}},
              {"name":"none","image":"busybox:1"}]},
             "status":{"phase":"Pending","extendedResourceClaimStatus":{
              "resourceClaimName":"claim","requestMappings":[{"containerName":"has",
               "resourceName":"a.example.com/gpu","requestName":"one"}]}}}
            """);
    k.api.put(Resources.PODS, pod);
    claim(pod);
    k.awaitPhase("extended", "Running");
    assertThat(driver.calls).containsExactly("prepare claim");
    assertThat(k.runtime.config("has").orElseThrow().getCDIDevicesList())
        .anyMatch(d -> d.getName().equals(DRIVER + "/device=claim-uid"));
    assertThat(k.runtime.config("none").orElseThrow().getCDIDevicesList()).isEmpty();
    assertThat(k.pod("extended").text("status", "extendedResourceClaimStatus", "resourceClaimName"))
        .as("what the scheduler says is left by the kubelet's status")
        .isEqualTo("claim");
    k.delete("extended", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("extended")).isFalse());
    assertThat(driver.calls).containsExactly("prepare claim", "unprepare claim");
  }

  @Test
  void whatAContainerHasOfAClaimIsToldToMonitors() throws Exception {
    claim(pod("user"));
    k.awaitPhase("user", "Running");
    GrpcClient client = GrpcClient.client(k.vertx);
    try {
      var told =
          PodResourcesListerGrpcClient.create(
                  client,
                  SocketAddress.domainSocketAddress(
                      k.data.resolve("kubelet/pod-resources/kubelet.sock").toString()))
              .list(ListPodResourcesRequest.getDefaultInstance())
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      assertThat(told.getPodResources(0).getContainers(0).getDynamicResourcesList())
          .containsExactly(
              DynamicResource.newBuilder()
                  .setClaimName("claim")
                  .setClaimNamespace("default")
                  .addClaimResources(
                      ClaimResource.newBuilder()
                          .addCdiDevices(
                              CDIDevice.newBuilder().setName(DRIVER + "/device=claim-uid"))
                          .setDriverName(DRIVER)
                          .setPoolName("n1")
                          .setDeviceName("d0")
                          .setShareId("share-uid"))
                  .build());
    } finally {
      client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aPodThatTheClaimIsNotReservedForWaits() {
    KubeObject mine = pod("mine");
    KubeObject other = pod("other");
    claim(mine);
    k.awaitPhase("mine", "Running");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.contains("pod other(" + other.uid() + ") is not allowed to use ResourceClaim")));
  }

  @Test
  void aDriverThatFailsIsToldAndTriedAgainAndHoldsUpNobodyElse() {
    driver.failing = Optional.of("device is on fire");
    claim(pod("patient"));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                prepareFailed(
                    "NodePrepareResources failed for ResourceClaim claim: device is on fire")));
    k.simple("bystander", "");
    k.awaitPhase("bystander", "Running");
    driver.failing = Optional.empty();
    k.awaitPhase("patient", "Running");
  }

  private static String prepareFailed(String why) {
    return "FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic"
        + " resources: "
        + why;
  }

  @Test
  void aDriverThatLiesHangsOrDiesHoldsUpOnlyItsOwnPods() throws Exception {
    driver.lying = Optional.of("another-uid");
    KubeObject patient = pod("patient");
    claim(patient);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                prepareFailed(
                    "NodePrepareResources returned result for unknown claim UID another-uid")));
    driver.lying = Optional.of("");
    k.eventually(() ->
        assertThat(k.events())
            .contains(prepareFailed("NodePrepareResources skipped 1 ResourceClaims")));
    driver.lying = Optional.empty();
    driver.hanging = true;
    int asked = driver.calls.size();
    k.eventually(() -> assertThat(driver.calls).hasSizeGreaterThan(asked));
    k.simple("bystander", "");
    k.awaitPhase("bystander", "Running");
    driver.close();
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith(
                        prepareFailed(
                            "NodePrepareResources: rpc error: code = Unavailable desc = "))
                    || e.equals(prepareFailed("DRA driver " + DRIVER + " is not registered"))));
    assertThat(k.pod("patient").text("status", "phase")).isEqualTo("Pending");
    driver.hanging = false;
    driver.start();
    k.awaitPhase("patient", "Running");
    assertThat(k.container("bystander").path("restartCount").asInt()).isZero();
  }

  @Test
  void theNextKubeletUndoesWhatItsPredecessorPrepared() throws Exception {
    claim(pod("left"));
    k.awaitPhase("left", "Running");
    k.restart();
    k.eventually(() -> assertThat(driver.told).hasSizeGreaterThan(1));
    k.delete("left", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("left")).isFalse());
    assertThat(driver.calls).containsExactly("prepare claim", "unprepare claim");
  }

  /** Whoever hears that the pod is over gives its devices to the next one. */
  @Test
  void aPodIsNotOverUntilItsDevicesAreGivenBack() {
    claim(
        k.create(
            "job",
            """
            "restartPolicy":"Never",
            "resourceClaims":[{"name":"gpu","resourceClaimName":"claim"}],
            "containers":[{"name":"job","image":"busybox:1",
             "resources":{"claims":[{"name":"gpu","request":"one"}]}}]
            """));
    k.awaitPhase("job", "Running");
    driver.clinging = Optional.of("still busy");
    k.runtime.end(k.runtime.running("job").orElseThrow().getId(), 0, "Completed");
    k.eventually(() -> assertThat(driver.calls).endsWith("unprepare claim", "unprepare claim"));
    k.eventually(
        () -> assertThat(k.container("job").path("state").path("terminated").isObject()).isTrue());
    assertThat(k.pod("job").text("status", "phase")).isEqualTo("Running");
    driver.clinging = Optional.empty();
    k.awaitPhase("job", "Succeeded");
    assertThat(k.container("job").path("allocatedResourcesStatus").at("/0/name").asText())
        .as("how they fared stays")
        .isEqualTo("claim:gpu/one");
  }

  /** KEP-4680. */
  private void awaitHealth(String pod, String health, String message) {
    k.eventually(() -> {
      JsonNode told = k.container(pod).path("allocatedResourcesStatus");
      assertThat(told).hasSize(1);
      assertThat(told.at("/0/name").asText()).isEqualTo("claim:gpu/one");
      assertThat(told.at("/0/resources")).hasSize(1);
      assertThat(told.at("/0/resources/0/resourceID").asText())
          .isEqualTo(DRIVER + "/device=claim-uid");
      assertThat(told.at("/0/resources/0/health").asText()).isEqualTo(health);
      assertThat(told.at("/0/resources/0/message").asText()).isEqualTo(message);
    });
  }

  @Test
  void aDeviceOfADriverThatTellsNoHealthIsUnknown() {
    claim(pod("user"));
    k.awaitPhase("user", "Running");
    awaitHealth("user", "Unknown", "");
  }

  @Test
  void whatADriverTellsOfItsDevicesIsInTheStatusOfWhoeverHasThem() throws Exception {
    startTelling(60);
    claim(pod("user"));
    k.awaitPhase("user", "Running");
    awaitHealth("user", "Healthy", "");
    driver.tell(HealthStatus.UNHEALTHY, "fan stopped", 60);
    awaitHealth("user", "Unhealthy", "fan stopped");
    driver.tell(HealthStatus.UNHEALTHY, "x".repeat(1025), 60);
    awaitHealth("user", "Unhealthy", "x".repeat(1021) + "...");
    driver.hangUp();
    awaitHealth("user", "Unknown", "");
    awaitHealth("user", "Unhealthy", "x".repeat(1021) + "...");
    assertThat(k.pod("user").text("status", "phase")).isEqualTo("Running");
    assertThat(k.container("user").path("restartCount").asInt()).isZero();
    driver.close();
    awaitHealth("user", "Unknown", "");
  }

  @Test
  void whatADriverToldHoldsNoLongerThanItSaid() throws Exception {
    startTelling(1);
    claim(pod("user"));
    k.awaitPhase("user", "Running");
    awaitHealth("user", "Unknown", "");
    driver.tell(HealthStatus.HEALTHY, "", 60);
    awaitHealth("user", "Healthy", "");
  }

  /** A driver that comes back and serves this too. */
  private void startTelling(int seconds) throws Exception {
    driver.close();
    driver.tell(HealthStatus.HEALTHY, "", seconds);
    driver.start();
    k.eventually(() -> assertThat(driver.listeners()).isOne());
  }
}
