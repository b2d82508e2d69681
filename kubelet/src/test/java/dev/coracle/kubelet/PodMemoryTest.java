package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.Json;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.podresources.v1.AllocatableResourcesRequest;
import dev.coracle.podresources.v1.ContainerMemory;
import dev.coracle.podresources.v1.GetPodResourcesRequest;
import dev.coracle.podresources.v1.NUMANode;
import dev.coracle.podresources.v1.PodResourcesListerGrpcClient;
import dev.coracle.podresources.v1.TopologyInfo;
import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory of one's own (KEP-1769) on a made-up machine of two NUMA nodes with 3840 MiB beside huge
 * pages each, of which 512 MiB of node 0 are reserved.
 */
class PodMemoryTest {
  @TempDir Path system;
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    KubeletConfiguration configuration =
        KubeletConfiguration.parse(
            Json.parseObject(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "memoryManagerPolicy":"Static","topologyManagerPolicy":"single-numa-node",
                 "cpuManagerPolicy":"static","reservedSystemCPUs":"0",
                 "kubeReserved":{"memory":"256Mi"},"evictionHard":{"memory.available":"256Mi"},
                 "reservedMemory":[{"numaNode":0,"limits":{"memory":"512Mi"}}]}
                """));
    MadeUpMachine machine = MadeUpMachine.of(system, 2);
    k = KubeletHarness.on(o -> o.withConfiguration(configuration), machine::in);
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void pod(String name, String cpu, String memory) {
    String amounts =
        "{\"cpu\":\"%s\",\"memory\":\"%s\",\"hugepages-2Mi\":\"2Mi\"}".formatted(cpu, memory);
    k.simple(name, ",\"resources\":{\"requests\":%s,\"limits\":%s}".formatted(amounts, amounts));
  }

  private String nodes(String container) {
    return k.runtime.running(container).orElseThrow().getResources().getLinux().getCpusetMems();
  }

  private String cpus(String container) {
    return k.runtime.running(container).orElseThrow().getResources().getLinux().getCpusetCpus();
  }

  @Test
  void memoryAndCpusComeFromOneNodeAlsoAfterARestart() throws Exception {
    pod("most", "1", "3Gi");
    k.awaitPhase("most", "Running");
    assertThat(nodes("most")).isEqualTo("0");
    assertThat(cpus("most")).isEqualTo("1");
    k.restart();
    pod("next", "1", "1Gi");
    k.awaitPhase("next", "Running");
    assertThat(nodes("next")).as("node 0 has not as much left").isEqualTo("1");
    assertThat(cpus("next")).isEqualTo("4");

    pod("crowded", "3", "3000Mi");
    k.awaitPhase("crowded", "Failed");
    assertThat(k.pod("crowded").text("status", "reason")).isEqualTo("UnexpectedAdmissionError");
    assertThat(k.pod("crowded").text("status", "message")).contains("[memorymanager]");
    k.simple("other", "");
    k.awaitPhase("other", "Running");
    assertThat(nodes("other")).isEmpty();
  }

  @Test
  void agentsAreToldWhereMemoryIs() throws Exception {
    assumeThat(k.vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    pod("user", "1", "1Gi");
    k.awaitPhase("user", "Running");
    Path socket = k.data.resolve("kubelet/pod-resources/kubelet.sock");
    k.eventually(() -> assertThat(socket).exists());
    GrpcClient client = GrpcClient.client(k.vertx);
    PodResourcesListerGrpcClient lister =
        PodResourcesListerGrpcClient.create(
            client, SocketAddress.domainSocketAddress(socket.toString()));
    GetPodResourcesRequest request =
        GetPodResourcesRequest.newBuilder().setPodName("user").setPodNamespace("default").build();
    assertThat(await(lister.get(request)).getPodResources().getContainers(0).getMemoryList())
        .containsExactlyInAnyOrder(memory("hugepages-2Mi", 2 << 20), memory("memory", 1 << 30));
    assertThat(
            await(lister.getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance()))
                .getMemoryList())
        .hasSize(4)
        .contains(memory("memory", (4096L - 256 - 512) << 20));
    await(client.close());
  }

  private static ContainerMemory memory(String type, long bytes) {
    return ContainerMemory.newBuilder()
        .setMemoryType(type)
        .setSize(bytes)
        .setTopology(TopologyInfo.newBuilder().addNodes(NUMANode.newBuilder().setID(0)))
        .build();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
