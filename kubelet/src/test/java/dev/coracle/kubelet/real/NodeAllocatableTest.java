package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.node.Machine;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A node almost all of whose memory is not for pods: the kernel holds them to the rest. */
class NodeAllocatableTest extends KubeletOnRuntime {
  private static final long FOR_PODS = 256L << 20;
  private static final Path ROOT = Path.of("/sys/fs/cgroup");

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return BuiltIn.start(onVertx);
  }

  @Override
  KubeletOptions adjust(KubeletOptions plain) {
    Machine machine = Machine.read();
    return plain.withConfiguration(
        KubeletConfiguration.parse(
            Json.parse(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "kubeReserved":{"memory":"%d","pid":"100"},
                 "evictionHard":{"memory.available":"32Mi"}}
                """
                    .formatted(machine.memoryBytes() - machine.hugeBytes() - FOR_PODS))));
  }

  /** Of version 1's hierarchy where there is one. */
  private String read(String controller, String v1, String v2) throws IOException {
    String below = options.cgroupRoot() + "/kubepods";
    Path first = ROOT.resolve(controller).resolve(below).resolve(v1);
    return Files.readString(Files.exists(first) ? first : ROOT.resolve(below).resolve(v2)).strip();
  }

  @Test
  void theKernelIsGivenWhatIsForPods() throws IOException {
    assertThat(read("memory", "memory.limit_in_bytes", "memory.max"))
        .isEqualTo(Long.toString(FOR_PODS));
    assertThat(read("pids", "pids.max", "pids.max"))
        .isEqualTo(Long.toString(Machine.mostProcessIds().orElseThrow() - 100));
    JsonNode told =
        api.get(Resources.NODES, "", "node1").await().indefinitely().at("status", "allocatable");
    assertThat(Quantity.parse(told.path("memory").asText()))
        .as("eviction comes before the kernel")
        .isEqualTo(Quantity.ofBytes(FOR_PODS - (32L << 20)));
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(
                    api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items())
                .anyMatch(e ->
                    e.text("reason").equals("NodeAllocatableEnforced")
                        && e.text("message").equals("Updated Node Allocatable limit across pods")));
  }

  /** What no limit of its own holds back ends at what is for all pods. */
  @Test
  void aPodWithoutLimitsIsHeldToWhatIsForPods() {
    create(
        "hog",
        """
        "restartPolicy":"Never","containers":[{"name":"c","image":"test.local/busybox:1",
         "command":["sh","-c","head -c 600m /dev/zero | tail > /dev/null"]}]
        """);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(
                    pod("hog")
                        .at("status", "containerStatuses")
                        .at("/0/state/terminated/exitCode")
                        .asInt(-1))
                .as("ended by the kernel")
                .isEqualTo(137));
    assertThat(pod("hog").text("status", "phase")).isEqualTo("Failed");
    delete("hog");
  }
}
