package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.config.KubeletConfiguration;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CPUs of their own (KEP-3570), between an in-memory API and an in-memory runtime. */
class PodCpusTest {
  private KubeletHarness k;
  private CpuSet all;

  @BeforeEach
  void start() throws Exception {
    all = CpuSet.parse(Files.readString(Path.of("/sys/devices/system/cpu/online")).strip());
    assumeThat(all.size()).as("CPUs beside the reserved one").isGreaterThan(1);
    KubeletConfiguration configuration =
        KubeletConfiguration.parse(
            Json.parseObject(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "cpuManagerPolicy":"static","reservedSystemCPUs":"%s"}
                """
                    .formatted(all.ids().getFirst())));
    k = new KubeletHarness(o -> o.withConfiguration(configuration));
  }

  @AfterEach
  void stop() throws Exception {
    if (k != null) {
      k.close();
    }
  }

  private void guaranteed(String name) {
    k.simple(name, ",\"resources\":" + amounts("1"));
  }

  private static String amounts(String cpu) {
    String amounts = "{\"cpu\":\"" + cpu + "\",\"memory\":\"16Mi\"}";
    return "{\"requests\":" + amounts + ",\"limits\":" + amounts + "}";
  }

  private CpuSet cpus(String name) {
    return CpuSet.parse(
        k.runtime.running(name).orElseThrow().getResources().getLinux().getCpusetCpus());
  }

  @Test
  void whoHasACpuAloneHasItUntilItsEnd() throws Exception {
    k.simple("other", "");
    k.awaitPhase("other", "Running");
    assertThat(cpus("other")).isEqualTo(all);
    guaranteed("own");
    k.awaitPhase("own", "Running");
    CpuSet own = cpus("own");
    assertThat(own.size()).isEqualTo(1);
    assertThat(own.contains(CpuSet.of(all.ids().subList(0, 1)))).as("reserved").isFalse();
    k.eventually(() -> assertThat(cpus("other")).isEqualTo(all.minus(own)));
    k.restart();
    k.simple("late", "");
    k.awaitPhase("late", "Running");
    assertThat(cpus("late")).isEqualTo(all.minus(own));
    assertThat(cpus("own")).isEqualTo(own);
    k.delete("own", DeleteOptions.now());
    k.eventually(() -> {
      assertThat(cpus("other")).isEqualTo(all);
      assertThat(cpus("late")).isEqualTo(all);
    });
  }

  @Test
  void whoHasACpuAloneIsNotResized() {
    guaranteed("own");
    k.awaitPhase("own", "Running");
    JsonNode containers = k.pod("own").at("spec", "containers").deepCopy();
    ((com.fasterxml.jackson.databind.node.ObjectNode) containers.path(0))
        .set("resources", Json.parse(amounts("500m")));
    k.api
        .patch(
            Resources.PODS,
            "default",
            "own",
            Patch.merge(n -> n.putObject("spec").set("containers", containers)))
        .await()
        .indefinitely();
    k.eventually(() ->
        assertThat(k.pod("own").at("status", "conditions").toString())
            .contains(
                "Resize is infeasible for Guaranteed Pods alongside CPU Manager policy"
                    + " \\\"static\\\""));
  }
}
