package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** CPUs of one's own, as the kernel has processes run (KEP-3570), with memory of one's own. */
class ExclusiveCpusTest extends KubeletOnRuntime {
  private CpuSet all = CpuSet.NONE;

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    all = CpuSet.parse(Files.readString(Path.of("/sys/devices/system/cpu/online")).strip());
    assumeThat(all.size()).as("CPUs beside the reserved one").isGreaterThan(1);
    return BuiltIn.start(onVertx);
  }

  @Override
  KubeletOptions adjust(KubeletOptions plain) {
    return plain.withConfiguration(
        KubeletConfiguration.parse(
            Json.parseObject(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "cpuManagerPolicy":"static","reservedSystemCPUs":"%s",
                 "topologyManagerPolicy":"best-effort","memoryManagerPolicy":"Static",
                 "evictionHard":{"memory.available":"100Mi"},
                 "reservedMemory":[{"numaNode":0,"limits":{"memory":"100Mi"}}]}
                """
                    .formatted(all.ids().getFirst()))));
  }

  private KubeObject says(String name, String resources) {
    return create(
        name,
        """
        "containers":[{"name":"c","image":"test.local/busybox:1",%s
          "command":["sh","-c","while true; do while read k v; do [ $k = Cpus_allowed_list: ] && echo $v; done < /proc/self/status; sleep 0.2; done"]}]
        """
            .formatted(resources));
  }

  private void awaitCpus(KubeObject pod, CpuSet cpus) {
    Path log =
        options.podLogsDir().resolve("default_" + pod.name() + "_" + pod.uid()).resolve("c/0.log");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () -> assertThat(Files.readAllLines(log)).last().asString().endsWith(" " + cpus));
  }

  @Test
  void aCpuIsItsHoldersAloneUntilItEnds() {
    KubeObject other = says("other", "");
    awaitCpus(other, all);
    String amounts = "{\"cpu\":\"1\",\"memory\":\"32Mi\"}";
    KubeObject own =
        says("own", "\"resources\":{\"requests\":" + amounts + ",\"limits\":" + amounts + "},");
    CpuSet second = CpuSet.of(all.ids().subList(1, 2));
    awaitCpus(own, second);
    awaitCpus(other, all.minus(second));
    assertThat(pod("own").at("status", "containerStatuses").path(0).path("resources").toString())
        .isEqualTo("{\"requests\":" + amounts + ",\"limits\":" + amounts + "}");
    assertThat(options.rootDir().resolve("memory_manager_state"))
        .content()
        .contains("\"" + own.uid() + "\":{\"c\":[{\"numaAffinity\":[", "\"size\":33554432}]}");
    delete("own");
    awaitCpus(other, all);
    delete("other");
  }
}
