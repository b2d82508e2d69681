package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.kubelet.internal.node.Machine;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A node that has set memory aside for huge pages, which this test has it do. */
class HugePagesTest extends KubeletOnRuntime {
  private static final Path COUNT =
      Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
  private static final int PAGES = 16;

  private int before = -1;

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    assumeThat(COUNT).as("huge pages of 2 MiB").exists();
    assumeThat(Files.isWritable(COUNT)).as("root may set memory aside").isTrue();
    int had = count();
    if (had < PAGES) {
      Files.writeString(COUNT, Integer.toString(PAGES));
      before = had;
    }
    assumeThat(count()).as("memory in pieces of 2 MiB").isGreaterThanOrEqualTo(PAGES);
    return BuiltIn.start(onVertx);
  }

  private static int count() throws IOException {
    return Integer.parseInt(Files.readString(COUNT).strip());
  }

  @AfterAll
  void restore() throws IOException {
    if (before >= 0) {
      Files.writeString(COUNT, Integer.toString(before));
    }
  }

  private KubeObject pod(String name, String pages, String medium) {
    String amounts = "{\"cpu\":\"50m\",\"memory\":\"32Mi\",\"hugepages-2Mi\":\"" + pages + "\"}";
    return create(
        name,
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","resources":{"requests":%s,"limits":%s},
          "command":["sh","-c","while read d at t o; do [ $at = /huge ] && echo $t $o; done < /proc/mounts; sleep 1000"],
          "volumeMounts":[{"name":"huge","mountPath":"/huge"}]}],
        "volumes":[{"name":"huge","emptyDir":{"medium":"%s"}}]
        """
            .formatted(amounts, amounts, medium));
  }

  /** Asked for by the pod as a whole, of whose containers none names any (KEP-2837). */
  private KubeObject whole(String name) {
    String amounts = "{\"cpu\":\"50m\",\"memory\":\"32Mi\",\"hugepages-2Mi\":\"4Mi\"}";
    return create(
        name,
        """
        "resources":{"requests":%s,"limits":%s},
        "containers":[{"name":"c","image":"test.local/busybox:1",
          "command":["sh","-c","while read d at t o; do [ $at = /huge ] && echo $t $o; done < /proc/mounts; sleep 1000"],
          "volumeMounts":[{"name":"huge","mountPath":"/huge"}]}],
        "volumes":[{"name":"huge","emptyDir":{"medium":"HugePages"}}]
        """
            .formatted(amounts, amounts));
  }

  private void awaitMounted(KubeObject pod) {
    Path log =
        options.podLogsDir().resolve("default_" + pod.name() + "_" + pod.uid()).resolve("c/0.log");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(log).content().contains("hugetlbfs rw").contains("pagesize=2M"));
  }

  @Test
  void podsHaveThemAsVolumesAndNoMoreThanThereAre() {
    Quantity all = Quantity.ofBytes(Machine.read().hugePages().get("hugepages-2Mi"));
    KubeObject node = api.get(Resources.NODES, "", "node1").await().indefinitely();
    assertThat(node.text("status", "capacity", "hugepages-2Mi")).isEqualTo(all.toString());
    assertThat(node.text("status", "allocatable", "hugepages-2Mi")).isEqualTo(all.toString());
    awaitMounted(pod("any", "4Mi", "HugePages"));
    awaitMounted(pod("sized", "4Mi", "HugePages-2Mi"));
    awaitMounted(whole("whole"));
    pod("greedy", all.toString(), "HugePages");
    awaitPhase("greedy", "Failed");
    assertThat(pod("greedy").text("status", "reason")).isEqualTo("OutOfhugepages-2Mi");
    for (String name : new String[] {"any", "sized", "whole", "greedy"}) {
      delete(name);
    }
  }
}
