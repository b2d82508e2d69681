package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the node's configuration gives every pod, as the kernel has it. */
class ConfiguredLimitsTest extends KubeletOnRuntime {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return BuiltIn.start(onVertx);
  }

  @Override
  KubeletOptions adjust(KubeletOptions plain) {
    return plain.withConfiguration(
        KubeletConfiguration.parse(
            Json.parse(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "podPidsLimit":30,"cpuCFSQuotaPeriod":"10ms",
                 "featureGates":{"CustomCPUCFSQuotaPeriod":true}}
                """)));
  }

  private void awaitEnd(String name, int exitCode) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(
                    pod(name)
                        .at("status", "containerStatuses")
                        .at("/0/state/terminated/exitCode")
                        .asInt(-1))
                .isEqualTo(exitCode));
  }

  private static String forking(int processes) {
    return """
    "restartPolicy":"Never","containers":[{"name":"c","image":"test.local/busybox:1",
     "command":["sh","-c","i=0; while [ $i -lt %d ]; do sleep 2 & i=$((i+1)); done; wait"]}]
    """
        .formatted(processes);
  }

  @Test
  void aPodThatStartsTooManyProcessesCannot() {
    create("few", forking(10));
    awaitEnd("few", 0);
    delete("few");
    create("many", forking(60));
    awaitEnd("many", 2); // What a shell says that cannot fork.
    delete("many");
  }

  @Test
  void aQuotaIsOfThePeriodForThePodAndItsContainer() {
    String amounts = "{\"cpu\":\"500m\",\"memory\":\"32Mi\"}";
    KubeObject pod =
        create(
            "half",
            """
            "containers":[{"name":"c","image":"test.local/busybox:1","command":["sleep","1000"],
             "resources":{"requests":%s,"limits":%s}}]
            """
                .formatted(amounts, amounts));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(pod("half").text("status", "phase")).isEqualTo("Running"));
    Awaitility.await()
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(() -> assertThat(quotas(pod)).hasSize(2).containsOnly("5000 10000"));
    assertThat(pod("half").at("status", "containerStatuses").at("/0/resources/limits/cpu").asText())
        .isEqualTo("500m");
    delete("half");
  }

  /** Of the pod's cgroup and those below it that have one, in version 2's words. */
  private List<String> quotas(KubeObject pod) throws IOException {
    String below = options.cgroupRoot() + "/kubepods/pod" + pod.uid();
    Path first = ROOT.resolve("cpu").resolve(below);
    boolean v1 = Files.isDirectory(first);
    List<String> out = new ArrayList<>();
    try (var groups = Files.walk(v1 ? first : ROOT.resolve(below))) {
      for (Path group : groups.filter(Files::isDirectory).toList()) {
        String max =
            v1
                ? Files.readString(group.resolve("cpu.cfs_quota_us")).strip()
                    + " "
                    + Files.readString(group.resolve("cpu.cfs_period_us")).strip()
                : Files.readString(group.resolve("cpu.max")).strip();
        if (!max.startsWith("-1 ") && !max.startsWith("max ")) {
          out.add(max);
        }
      }
    }
    return out;
  }
}
