package dev.coracle.kubelet.internal.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.ImageFsInfoResponse;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.GroupFiles;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.server.stats.CadvisorMetrics;
import dev.coracle.kubelet.server.stats.NodeStats;
import dev.coracle.kubelet.server.stats.NodeStats.Extent;
import dev.coracle.kubelet.server.stats.SummaryJson;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Kubernetes' own test of the summary asks for (test/e2e_node/summary_test.go). */
class CriStatsTest {
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
               "spec":{"volumes":[{"name":"d","emptyDir":{}}],
               "containers":[{"name":"c","image":"busybox:1"}]}}
              """));

  @TempDir Path at;
  private final HandClock clock = new HandClock();
  private JsonNode summary;
  private String metrics;

  private CriStats stats;
  private int asksForFiles;

  @BeforeEach
  void ask() throws IOException {
    PodPaths paths = new PodPaths(at.resolve("root"), at.resolve("logs"));
    Path volume = paths.volume("u", "kubernetes.io~empty-dir", "d");
    Files.createDirectories(volume);
    Files.writeString(volume.resolve("f"), "x".repeat(1000));
    Files.createDirectories(paths.podLogs(POD).resolve("c"));
    Files.writeString(paths.podLogs(POD).resolve("c/0.log"), "x".repeat(200));
    Files.writeString(paths.hostsFile("u"), "x".repeat(30));
    PodContext context =
        new PodContext(
            POD, clock, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO);
    stats =
        new CriStats(
            runtime(),
            Machine.read(),
            () -> List.of(context),
            Cgroups.NONE,
            "n1",
            paths,
            clock,
            new VolumeUse(_ -> Map.of("d", Mounted.at(volume)), _ -> List.of(), clock),
            _ -> Optional.empty(),
            new GroupFiles(Optional.of(at.resolve("cgroup")), Map.of()));
    Path group = Files.createDirectories(at.resolve("cgroup/c1"));
    Files.writeString(group.resolve("cpu.stat"), "user_usec 2000000\nsystem_usec 3000000\n");
    Files.writeString(group.resolve("cgroup.procs"), ProcessHandle.current().pid() + "\n");
    stats.read(Extent.ALL);
    clock.set(clock.instant().plusSeconds(10));
    NodeStats told = stats.read(Extent.ALL);
    summary = SummaryJson.render(told, false);
    metrics = CadvisorMetrics.render(told);
  }

  private RuntimeService runtime() {
    ContainerStats.Builder c = ContainerStats.newBuilder();
    c.getAttributesBuilder()
        .setId("c1")
        .putLabels(Labels.POD_UID, "u")
        .putLabels(Labels.CONTAINER_NAME, "c");
    c.getCpuBuilder().setUsageCoreNanoSeconds(value(5_000));
    c.getMemoryBuilder().setWorkingSetBytes(value(70));
    c.getSwapBuilder().setSwapUsageBytes(value(6)).setSwapAvailableBytes(value(60));
    c.setWritableLayer(files(4, 2));
    PodSandboxStats.Builder s = PodSandboxStats.newBuilder();
    s.getAttributesBuilder().getMetadataBuilder().setUid("u");
    s.getLinuxBuilder().getProcessBuilder().setProcessCount(value(3));
    ImageFsInfoResponse info =
        ImageFsInfoResponse.newBuilder()
            .addImageFilesystems(files(7_000, 70))
            .addContainerFilesystems(files(4_000, 40))
            .build();
    return (RuntimeService)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {RuntimeService.class},
            (_, method, _) ->
                switch (method.getName()) {
                  case "containerStats" -> List.of(c.build());
                  case "podSandboxStats" -> List.of(s.build());
                  case "imageFsInfo" -> {
                    asksForFiles++;
                    yield info;
                  }
                  case String other -> throw new AssertionError(other);
                });
  }

  private FilesystemUsage files(long bytes, long inodes) {
    FilesystemUsage.Builder b = FilesystemUsage.newBuilder();
    b.getFsIdBuilder().setMountpoint(at.toString());
    return b.setUsedBytes(value(bytes)).setInodesUsed(value(inodes)).build();
  }

  private static UInt64Value value(long v) {
    return UInt64Value.newBuilder().setValue(v).build();
  }

  @Test
  void whoAsksForCpuAndMemoryIsToldOfNothingElse() {
    asksForFiles = 0;
    NodeStats told = stats.read(Extent.CPU_AND_MEMORY);
    assertThat(asksForFiles).isZero();
    assertThat(told.memory()).isNotNull();
    assertThat(told.fs()).isNull();
    assertThat(told.network()).isNull();
    assertThat(told.pods())
        .singleElement()
        .satisfies(pod -> {
          assertThat(pod.memory()).isNotNull();
          assertThat(pod.ephemeralStorage()).isNull();
          assertThat(pod.volumes()).isEmpty();
          assertThat(pod.kernel()).isNull();
          assertThat(pod.containers())
              .singleElement()
              .satisfies(c -> {
                assertThat(c.cpu().usageCoreNanoSeconds()).isEqualTo(5_000);
                assertThat(c.logs()).isNull();
                assertThat(c.rootfs()).isNull();
                assertThat(c.kernel()).isNull();
              });
        });
  }

  @Test
  void theNodeTellsOfItsMemoryNetworkFilesAndProcesses() {
    JsonNode node = summary.path("node");
    for (String number : List.of("rssBytes", "pageFaults", "majorPageFaults")) {
      assertThat(node.at("/memory/" + number).isNumber()).as(number).isTrue();
    }
    assertThat(node.at("/memory/rssBytes").asLong()).isPositive();
    assertThat(node.at("/swap/swapAvailableBytes").isNumber()).isTrue();
    assertThat(node.at("/network/interfaces").isArray()).isTrue();
    assertThat(node.at("/rlimit/maxpid").asLong()).isPositive();
    assertThat(node.at("/rlimit/curproc").asLong()).isPositive();
    assertIsWhole(node.path("fs"));
  }

  @Test
  void theRuntimesFileSystemsTellWhatItHasOfThem() {
    assertIsWhole(summary.at("/node/runtime/imageFs"));
    assertIsWhole(summary.at("/node/runtime/containerFs"));
    assertThat(summary.at("/node/runtime/imageFs/usedBytes").asLong()).isEqualTo(7_000);
    assertThat(summary.at("/node/runtime/imageFs/inodesUsed").asLong()).isEqualTo(70);
    assertThat(summary.at("/node/runtime/containerFs/usedBytes").asLong()).isEqualTo(4_000);
  }

  @Test
  void theProcessOfTheKubeletIsToldOfAsOne() {
    JsonNode kubelet = summary.at("/node/systemContainers/0");
    assertThat(kubelet.path("name").asText()).isEqualTo("kubelet");
    assertThat(kubelet.at("/cpu/usageCoreNanoSeconds").asLong()).isPositive();
    assertThat(kubelet.at("/cpu/usageNanoCores").isNumber()).isTrue();
    assertThat(kubelet.at("/memory/workingSetBytes").asLong()).isGreaterThan(10 << 20);
    assertThat(kubelet.at("/memory/rssBytes").asLong())
        .isPositive()
        .isLessThanOrEqualTo(kubelet.at("/memory/workingSetBytes").asLong());
    assertThat(kubelet.at("/memory/pageFaults").asLong()).isPositive();
  }

  @Test
  void aContainerTellsOfItsLayerItsLogsAndItsSwap() {
    JsonNode c = summary.at("/pods/0/containers/0");
    assertIsWhole(c.path("rootfs"));
    assertThat(c.at("/rootfs/usedBytes").asLong()).isEqualTo(4);
    assertIsWhole(c.path("logs"));
    assertThat(c.at("/logs/usedBytes").asLong()).isEqualTo(200);
    assertThat(c.at("/logs/inodesUsed").asLong()).isEqualTo(2);
    assertThat(c.at("/swap/swapUsageBytes").asLong()).isEqualTo(6);
    assertThat(c.at("/swap/swapAvailableBytes").asLong()).isEqualTo(60);
  }

  @Test
  void aPodTellsOfItsVolumesItsStorageAndItsProcesses() {
    JsonNode pod = summary.at("/pods/0");
    assertThat(pod.at("/volume/0/name").asText()).isEqualTo("d");
    assertThat(pod.at("/volume/0/usedBytes").asLong()).isEqualTo(1_000);
    assertIsWhole(pod.path("ephemeral-storage"));
    assertThat(pod.at("/ephemeral-storage/usedBytes").asLong()).isEqualTo(1_000 + 200 + 30 + 4);
    assertThat(pod.at("/ephemeral-storage/inodesUsed").asLong()).isEqualTo(2 + 2 + 1 + 2);
    assertThat(pod.at("/process_stats/process_count").asLong()).isEqualTo(3);
    assertThat(pod.at("/memory/workingSetBytes").asLong()).isEqualTo(70);
  }

  @Test
  void metricsTellWhatTheKernelCountsForAContainer() {
    assertThat(metrics)
        .containsPattern("container_cpu_user_seconds_total\\{container=\"c\".*} 2 ")
        .containsPattern("container_cpu_system_seconds_total\\{container=\"c\".*} 3 ")
        .containsPattern("container_processes\\{container=\"c\".*} 1 ")
        .containsPattern("container_file_descriptors\\{container=\"c\".*} [1-9]");
  }

  private void assertIsWhole(JsonNode fs) {
    Native.FileSystemRoom room;
    try {
      room = Native.room(at);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    assertThat(fs.path("capacityBytes").asLong()).isEqualTo(room.bytes());
    assertThat(fs.path("inodes").asLong()).isEqualTo(room.inodes());
    for (String number : List.of("availableBytes", "usedBytes", "inodesFree", "inodesUsed")) {
      assertThat(fs.path(number).isNumber()).as(number).isTrue();
    }
  }
}
