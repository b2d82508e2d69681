package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.plugin.SampleDevicePlugin;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * CPUs and devices from the same NUMA nodes (KEP-693) of a made-up machine: CPUs 0 to 3 are on node
 * 0, 4 to 7 on node 1, and CPU 0 is reserved.
 */
class PodTopologyTest {
  private static final String RESOURCE = "example.com/widget";

  @TempDir Path system;
  private KubeletHarness k;
  private SampleDevicePlugin plugin;

  private void start(String policy) throws Exception {
    KubeletConfiguration configuration =
        KubeletConfiguration.parse(
            Json.parseObject(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "cpuManagerPolicy":"static","reservedSystemCPUs":"0",%s}
                """
                    .formatted(policy)));
    MadeUpMachine machine = MadeUpMachine.of(system, 2);
    k = KubeletHarness.on(o -> o.withConfiguration(configuration), machine::in);
    assumeThat(k.vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    Path plugins = k.data.resolve("kubelet").resolve("device-plugins");
    k.eventually(() -> assertThat(plugins.resolve("kubelet.sock")).exists());
    plugin = new SampleDevicePlugin(k.vertx, plugins, RESOURCE);
  }

  @AfterEach
  void stop() throws Exception {
    if (plugin != null) {
      plugin.close();
    }
    if (k != null) {
      k.close();
    }
  }

  private void awaitDevices(String count) {
    k.eventually(() ->
        assertThat(
                k.api
                    .get(Resources.NODES, "", "n1")
                    .await()
                    .indefinitely()
                    .text("status", "allocatable", RESOURCE))
            .isEqualTo(count));
  }

  private static String container(String name, String cpu, int devices) {
    String amounts =
        "{\"cpu\":\"%s\",\"memory\":\"16Mi\"%s}"
            .formatted(cpu, devices == 0 ? "" : ",\"" + RESOURCE + "\":\"" + devices + "\"");
    return "{\"name\":\"%s\",\"image\":\"busybox:1\",\"resources\":{\"requests\":%s,\"limits\":%s}}"
        .formatted(name, amounts, amounts);
  }

  private void pod(String name, String... containers) {
    k.create(name, "\"containers\":[" + String.join(",", containers) + "]");
  }

  private String cpus(String container) {
    return k.runtime.running(container).orElseThrow().getResources().getLinux().getCpusetCpus();
  }

  @Test
  void cpusComeFromWhereTheDeviceIs() throws Exception {
    start("\"topologyManagerPolicy\":\"single-numa-node\"");
    plugin.device("far", 1).device("near", 0).start();
    awaitDevices("2");
    pod("full", container("full", "2", 0));
    k.awaitPhase("full", "Running");
    assertThat(cpus("full")).isEqualTo("1-2");

    pod("user", container("user", "2", 1));
    k.awaitPhase("user", "Running");
    assertThat(cpus("user")).as("only node 1 has two CPUs and a device").isEqualTo("4-5");
    assertThat(plugin.allocated).containsExactly(List.of("far"));

    pod("second", container("second", "2", 1));
    k.awaitPhase("second", "Failed");
    assertThat(k.pod("second").text("status", "reason")).isEqualTo("TopologyAffinityError");
    assertThat(k.pod("second").text("status", "message"))
        .endsWith("Resources cannot be allocated with Topology locality");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "TopologyAffinityError: Resources cannot be allocated with Topology locality"));

    k.delete("full", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("full")).isFalse());
    pod("third", container("third", "2", 1));
    k.awaitPhase("third", "Running");
    assertThat(cpus("third")).isEqualTo("1-2");
    assertThat(plugin.allocated).last().isEqualTo(List.of("near"));
  }

  @Test
  void theBestThatCanBeHadIsGivenWhereNothingIsInsistedOn() throws Exception {
    start("\"topologyManagerPolicy\":\"best-effort\"");
    plugin.device("a", 1).device("b", 1).device("c", 0).start();
    awaitDevices("3");
    pod("two", container("two", "1", 2));
    k.awaitPhase("two", "Running");
    assertThat(cpus("two")).isEqualTo("4");
    assertThat(plugin.allocated).containsExactly(List.of("b", "a"));
    pod("large", container("large", "6", 1));
    k.awaitPhase("large", "Running");
    assertThat(cpus("large")).isEqualTo("1-3,5-7");
  }

  @Test
  void aPodsContainersAreOnOneNodeTogether() throws Exception {
    start("\"topologyManagerPolicy\":\"restricted\",\"topologyManagerScope\":\"pod\"");
    pod("single", container("single", "1", 0));
    k.awaitPhase("single", "Running");
    assertThat(cpus("single")).isEqualTo("1");
    pod("pair", container("one", "2", 0), container("other", "1", 0));
    k.awaitPhase("pair", "Running");
    assertThat(cpus("one")).isEqualTo("4-5");
    assertThat(cpus("other")).isEqualTo("6");
    // Each of them would find a node.
    pod("another", container("third", "2", 0), container("fourth", "1", 0));
    k.awaitPhase("another", "Failed");
    assertThat(k.pod("another").text("status", "reason")).isEqualTo("TopologyAffinityError");
  }
}
