package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.ContainerMetrics;
import dev.coracle.cri.v1.Metric;
import dev.coracle.cri.v1.MetricDescriptor;
import dev.coracle.cri.v1.MetricType;
import dev.coracle.cri.v1.PodSandboxMetrics;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.criruntime.internal.cgroup.CgroupUsage;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import java.util.ArrayList;
import java.util.List;

/** The containers' metrics under cAdvisor's names (KEP-2371), for whoever scrapes the kubelet. */
final class PodMetrics {
  private static final List<String> LABELS = List.of("id", "name", "image");

  private PodMetrics() {}

  static List<MetricDescriptor> descriptors() {
    return List.of(
        descriptor("container_cpu_usage_seconds_total", "CPU time used, in seconds"),
        descriptor("container_memory_usage_bytes", "Memory in use, in bytes"),
        descriptor("container_memory_working_set_bytes", "Working set, in bytes"),
        descriptor("container_memory_rss", "Anonymous memory, in bytes"),
        descriptor("container_processes", "Processes"));
  }

  private static MetricDescriptor descriptor(String name, String help) {
    return MetricDescriptor.newBuilder()
        .setName(name)
        .setHelp(help)
        .addAllLabelKeys(LABELS)
        .build();
  }

  static List<PodSandboxMetrics> of(SandboxService sandboxes, ContainerService containers) {
    List<PodSandboxMetrics> all = new ArrayList<>();
    for (Sandbox s : sandboxes.list()) {
      PodSandboxMetrics.Builder pod = PodSandboxMetrics.newBuilder().setPodSandboxId(s.id());
      for (Container c : containers.ofSandbox(s.id())) {
        if (c.isRunning()) {
          CgroupUsage u = containers.usage(c);
          pod.addContainerMetrics(
              ContainerMetrics.newBuilder()
                  .setContainerId(c.id())
                  .addMetrics(
                      metric(
                          "container_cpu_usage_seconds_total",
                          MetricType.COUNTER,
                          u.cpuNanos() / 1_000_000_000L,
                          c))
                  .addMetrics(
                      metric("container_memory_usage_bytes", MetricType.GAUGE, u.memoryUsage(), c))
                  .addMetrics(
                      metric(
                          "container_memory_working_set_bytes",
                          MetricType.GAUGE,
                          u.workingSet(),
                          c))
                  .addMetrics(metric("container_memory_rss", MetricType.GAUGE, u.rss(), c))
                  .addMetrics(metric("container_processes", MetricType.GAUGE, u.processes(), c)));
        }
      }
      all.add(pod.build());
    }
    return all;
  }

  private static Metric metric(String name, MetricType type, long value, Container c) {
    return Metric.newBuilder()
        .setName(name)
        .setMetricType(type)
        .addAllLabelValues(List.of(c.id(), c.config().getMetadata().getName(), c.made().imageId()))
        .setValue(UInt64Value.newBuilder().setValue(value))
        .build();
  }
}
