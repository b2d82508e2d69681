package dev.coracle.kubelet.server.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatsRenderersTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:10.123Z");
  private static final long MILLIS = T.toEpochMilli();

  private static NodeStats stats() {
    return stats(new MemoryStats(T, null, 3000L, 2000L, 1000L, 7L, 1L, null, null));
  }

  private static NodeStats stats(MemoryStats memory) {
    ContainerStats app =
        new ContainerStats(
            "app",
            "c1",
            "docker.io/x:1",
            T.minusSeconds(5),
            "/kubepods/p/c1",
            new CpuStats(T, 500_000_000L, 2_500_000_000L),
            memory,
            new Pressures(
                Optional.of(stalls(10)), Optional.of(stalls(20)), Optional.of(stalls(30))),
            new FsStats(T, 10L, 100L, 5L, null, null, 2L),
            null,
            new KernelCounters(
                new KernelCounters.Cpu(1_500_000_000L, 500_000_000L, 20L, 3L, 250_000_000L),
                new KernelCounters.Memory(400L, 100L, 9000L, 5L, 1L),
                List.of(new KernelCounters.Disk("/dev/sda", 8, 0, 4, 4096, 6, 8192)),
                new KernelCounters.Processes(2, 7L, 0L, 12, 3L, 1024L),
                new KernelCounters.Limits(1024L, 50_000L, 100_000L, null, 77L, null)));
    PodStats pod =
        new PodStats(
            "default",
            "web \"1\"",
            "u1",
            T.minusSeconds(6),
            "/kubepods/p",
            new CpuStats(T, 1L, 3_000_000_000L),
            MemoryStats.of(T, 3500L, 2500L),
            new Pressures(Optional.of(stalls(40)), Optional.empty(), Optional.empty()),
            new NetworkStats(
                T, List.of(new NetworkStats.Interface("eth0", 11L, 0L, 22L, 1L, 33L, 2L, 44L, 3L))),
            null,
            3L,
            null,
            List.of(app),
            List.of(
                new VolumeStats("data", new FsStats(T, 1L, 2L, 1L, null, null, null), "claim")));
    return new NodeStats(
        "n1",
        T.minusSeconds(60),
        new CpuStats(T, 9L, 10_000_000_000L),
        MemoryStats.of(T, 5000L, 4000L),
        new Pressures(Optional.empty(), Optional.empty(), Optional.of(stalls(50))),
        null,
        new FsStats(T, 1L, 2L, 1L, 3L, 4L, 1L),
        null,
        null,
        32768L,
        99L,
        2,
        8_000_000L,
        List.of(
            new NodeStats.SystemContainer(
                "pods",
                T.minusSeconds(30),
                new CpuStats(T, 8L, 9_000_000_000L),
                MemoryStats.of(T, 4500L, 3500L),
                new Pressures(Optional.empty(), Optional.of(stalls(60)), Optional.empty()))),
        List.of(pod));
  }

  private static Pressures.Stalls stalls(int n) {
    return new Pressures.Stalls(
        new Pressures.Share(n * 1_000_000L, n + 0.1, n + 0.2, n + 0.3),
        new Pressures.Share(n * 1_500_000L, n + 0.4, n + 0.5, n + 0.6));
  }

  @Test
  void resourceMetricsHaveUpstreamsNamesLabelsAndTimes() {
    assertThat(ResourceMetrics.render(stats()))
        .contains("# TYPE container_cpu_usage_seconds_total counter\n")
        .contains(
            "container_cpu_usage_seconds_total{container=\"app\",namespace=\"default\",pod=\"web \\\"1\\\"\"} 2.5 "
                + MILLIS
                + "\n")
        .contains(
            "pod_memory_working_set_bytes{namespace=\"default\",pod=\"web \\\"1\\\"\"} 2500 "
                + MILLIS
                + "\n")
        .contains("node_cpu_usage_seconds_total 10 " + MILLIS + "\n")
        .contains("resource_scrape_error 0\n")
        .doesNotContain("swap");
  }

  @Test
  void whatAContainerMaySwapIsWhatItDoesAndWhatIsLeft() {
    String of = "{container=\"app\",namespace=\"default\",pod=\"web \\\"1\\\"\"} ";
    assertThat(ResourceMetrics.render(stats(swapping(40L))))
        .contains("container_swap_usage_bytes" + of + "60 " + MILLIS + "\n")
        .contains("container_swap_limit_bytes" + of + "100 " + MILLIS + "\n");
    assertThat(ResourceMetrics.render(stats(swapping(null))))
        .contains("container_swap_usage_bytes" + of)
        .doesNotContain("container_swap_limit_bytes");
  }

  private static MemoryStats swapping(@Nullable Long left) {
    return new MemoryStats(T, null, 3000L, 2000L, 1000L, 7L, 1L, 60L, left);
  }

  @Test
  void aFailedSourceIsToldInTheMetrics() {
    assertThat(ResourceMetrics.render(null))
        .contains("resource_scrape_error 1\n")
        .doesNotContain("node_cpu");
  }

  @Test
  void cadvisorMetricsHaveContainerPodAndRootSamples() {
    assertThat(CadvisorMetrics.render(stats()))
        .contains(
            "container_cpu_usage_seconds_total{container=\"app\",id=\"/kubepods/p/c1\",image=\"docker.io/x:1\",name=\"c1\","
                + "namespace=\"default\",pod=\"web \\\"1\\\"\",cpu=\"total\"} 2.5 ")
        .contains("container_network_transmit_bytes_total{container=\"\",id=\"/kubepods/p\"")
        .contains("interface=\"eth0\"} 22 ")
        .contains("container_memory_working_set_bytes{container=\"\",id=\"/\"")
        .contains("container_spec_cpu_quota{")
        .contains("machine_cpu_cores 2\n");
  }

  /** Kubernetes' own test asks for these (test/e2e_node/container_metrics_test.go). */
  @Test
  void cadvisorMetricsHaveWhatTheKernelCounts() {
    String of =
        "container=\"app\",id=\"/kubepods/p/c1\",image=\"docker.io/x:1\",name=\"c1\","
            + "namespace=\"default\",pod=\"web \\\"1\\\"\"";
    String disk = of + ",device=\"/dev/sda\"";
    String usage = "container_blkio_device_usage_total{" + disk + ",major=\"8\",minor=\"0\"";
    assertThat(CadvisorMetrics.render(stats()).replace(" " + MILLIS, ""))
        .contains("container_cpu_user_seconds_total{" + of + "} 1.5\n")
        .contains("container_cpu_system_seconds_total{" + of + "} 0.5\n")
        .contains("container_cpu_cfs_periods_total{" + of + "} 20\n")
        .contains("container_cpu_cfs_throttled_periods_total{" + of + "} 3\n")
        .contains("container_cpu_cfs_throttled_seconds_total{" + of + "} 0.25\n")
        .contains("container_memory_cache{" + of + "} 400\n")
        .contains("container_memory_mapped_file{" + of + "} 100\n")
        .contains("container_memory_max_usage_bytes{" + of + "} 9000\n")
        .contains("container_memory_failcnt{" + of + "} 5\n")
        .contains("container_oom_events_total{" + of + "} 1\n")
        .contains("container_fs_reads_total{" + disk + "} 4\n")
        .contains("container_fs_reads_bytes_total{" + disk + "} 4096\n")
        .contains("container_fs_writes_total{" + disk + "} 6\n")
        .contains("container_fs_writes_bytes_total{" + disk + "} 8192\n")
        .contains(usage + ",operation=\"Read\"} 4096\n")
        .contains(usage + ",operation=\"Write\"} 8192\n")
        .contains("container_processes{" + of + "} 2\n")
        .contains("container_threads{" + of + "} 7\n")
        .contains("container_threads_max{" + of + "} 0\n")
        .contains("container_file_descriptors{" + of + "} 12\n")
        .contains("container_sockets{" + of + "} 3\n")
        .contains("container_ulimits_soft{" + of + ",ulimit=\"max_open_files\"} 1024\n")
        .contains("container_spec_memory_limit_bytes{" + of + "} 0\n")
        .contains("container_spec_memory_swap_limit_bytes{" + of + "} 77\n")
        .contains("container_spec_memory_reservation_limit_bytes{" + of + "} 0\n")
        .containsPattern("container_network_receive_packets_total\\{.*} 33\n")
        .containsPattern("container_network_receive_packets_dropped_total\\{.*} 2\n")
        .containsPattern("container_network_transmit_packets_total\\{.*} 44\n")
        .containsPattern("container_network_transmit_packets_dropped_total\\{.*} 3\n");
  }

  @Test
  void theSummaryIsUpstreamsShape() {
    var summary = SummaryJson.render(stats(), false);
    assertThat(summary.at("/node/nodeName").asText()).isEqualTo("n1");
    assertThat(summary.at("/node/startTime").asText()).isEqualTo("2025-12-31T23:59:10Z");
    assertThat(summary.at("/node/rlimit/maxpid").asLong()).isEqualTo(32768);
    assertThat(summary.at("/pods/0/podRef/uid").asText()).isEqualTo("u1");
    assertThat(summary.at("/pods/0/containers/0/cpu/usageNanoCores").asLong())
        .isEqualTo(500_000_000L);
    assertThat(summary.at("/pods/0/containers/0/rootfs/inodesUsed").asLong()).isEqualTo(2);
    assertThat(summary.at("/pods/0/network/name").asText()).isEqualTo("eth0");
    assertThat(summary.at("/pods/0/network/interfaces/0/txBytes").asLong()).isEqualTo(22);
    assertThat(summary.at("/pods/0/volume/0/pvcRef/name").asText()).isEqualTo("claim");
    assertThat(summary.at("/pods/0/process_stats/process_count").asLong()).isEqualTo(3);
  }

  @Test
  void pressureIsInTheSummaryWhereItIsKnown() {
    var summary = SummaryJson.render(stats(), false);
    var app = summary.at("/pods/0/containers/0");
    assertThat(app.at("/cpu/psi").toString())
        .isEqualTo(
            "{\"full\":{\"total\":10000000,\"avg10\":10.1,\"avg60\":10.2,\"avg300\":10.3},"
                + "\"some\":{\"total\":15000000,\"avg10\":10.4,\"avg60\":10.5,\"avg300\":10.6}}");
    assertThat(app.at("/memory/psi/some/avg60").asDouble()).isEqualTo(20.5);
    assertThat(app.at("/io/time").asText()).isEqualTo("2026-01-01T00:00:10Z");
    assertThat(app.at("/io/psi/full/total").asLong()).isEqualTo(30_000_000);
    assertThat(summary.at("/pods/0/cpu/psi/full/avg10").asDouble()).isEqualTo(40.1);
    assertThat(summary.at("/pods/0/memory/psi").isMissingNode()).isTrue();
    assertThat(summary.at("/pods/0/io").isMissingNode()).isTrue();
    assertThat(summary.at("/node/io/psi/some/total").asLong()).isEqualTo(75_000_000);
    assertThat(summary.at("/node/cpu/psi").isMissingNode()).isTrue();
    var pods = summary.at("/node/systemContainers/0");
    assertThat(pods.at("/name").asText()).isEqualTo("pods");
    assertThat(pods.at("/memory/usageBytes").asLong()).isEqualTo(4500);
    assertThat(pods.at("/memory/psi/full/total").asLong()).isEqualTo(60_000_000);
  }

  @Test
  void pressureIsSecondsInTheMetrics() {
    String id =
        "{container=\"app\",id=\"/kubepods/p/c1\",image=\"docker.io/x:1\",name=\"c1\","
            + "namespace=\"default\",pod=\"web \\\"1\\\"\"} ";
    String metrics = CadvisorMetrics.render(stats());
    assertThat(metrics)
        .contains("# TYPE container_pressure_cpu_stalled_seconds_total counter\n")
        .contains("container_pressure_cpu_stalled_seconds_total" + id + "10 " + MILLIS)
        .contains("container_pressure_cpu_waiting_seconds_total" + id + "15 " + MILLIS)
        .contains("container_pressure_memory_stalled_seconds_total" + id + "20 " + MILLIS)
        .contains("container_pressure_memory_waiting_seconds_total" + id + "30 " + MILLIS)
        .contains("container_pressure_io_stalled_seconds_total" + id + "30 " + MILLIS)
        .contains("container_pressure_io_waiting_seconds_total" + id + "45 " + MILLIS)
        .contains("container_pressure_io_waiting_seconds_total{container=\"\",id=\"/\"")
        .contains("container_pressure_cpu_stalled_seconds_total{container=\"\",id=\"/kubepods/p\"")
        .doesNotContain("container_pressure_cpu_stalled_seconds_total{container=\"\",id=\"/\"");
  }

  @Test
  void theCheapSummaryHasCpuAndMemoryOnly() {
    var summary = SummaryJson.render(stats(), true);
    assertThat(summary.at("/pods/0/containers/0/memory/workingSetBytes").asLong()).isEqualTo(2000);
    assertThat(summary.at("/pods/0/network").isMissingNode()).isTrue();
    assertThat(summary.at("/node/fs").isMissingNode()).isTrue();
  }
}
