package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.ContainerAttributes;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.CpuUsage;
import dev.coracle.cri.v1.FilesystemIdentifier;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.LinuxPodSandboxStats;
import dev.coracle.cri.v1.MemoryUsage;
import dev.coracle.cri.v1.NetworkInterfaceUsage;
import dev.coracle.cri.v1.NetworkUsage;
import dev.coracle.cri.v1.PodSandboxAttributes;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.cri.v1.ProcessUsage;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.criruntime.internal.cgroup.CgroupUsage;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What containers and pods use, read when asked. The CPU rate is the mean since the last time
 * somebody asked; the size of a writable layer is measured at most every ten seconds. Thread-safe.
 */
final class Stats {
  private static final long DISK_NANOS = 10_000_000_000L;

  private record CpuSample(long at, long nanos) {}

  private record DiskSample(long at, FileTrees.Usage usage) {}

  private final ContainerService containers;
  private final Map<String, CpuSample> cpu = new ConcurrentHashMap<>();
  private final Map<String, DiskSample> disk = new ConcurrentHashMap<>();

  Stats(ContainerService containers) {
    this.containers = containers;
  }

  ContainerStats of(Container c) throws IOException {
    long now = Times.now();
    ContainerStats.Builder b =
        ContainerStats.newBuilder()
            .setAttributes(
                ContainerAttributes.newBuilder()
                    .setId(c.id())
                    .setMetadata(c.config().getMetadata())
                    .putAllLabels(c.config().getLabelsMap())
                    .putAllAnnotations(c.config().getAnnotationsMap()));
    if (c.isRunning()) {
      CgroupUsage usage = containers.usage(c);
      b.setCpu(cpu(c.id(), usage.cpuNanos(), now)).setMemory(memory(usage, now));
    }
    FileTrees.Usage layer = layer(c, now);
    b.setWritableLayer(
        FilesystemUsage.newBuilder()
            .setTimestamp(now)
            .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(c.directory().toString()))
            .setUsedBytes(value(layer.bytes()))
            .setInodesUsed(value(layer.files())));
    return b.build();
  }

  private FileTrees.Usage layer(Container c, long now) throws IOException {
    DiskSample old = disk.get(c.id());
    if (old != null && now - old.at() < DISK_NANOS) {
      return old.usage();
    }
    Path upper = c.directory().resolve("upper");
    FileTrees.Usage usage =
        FileTrees.usage(Files.isDirectory(upper) ? upper : c.directory().resolve("rootfs"));
    disk.put(c.id(), new DiskSample(now, usage));
    return usage;
  }

  private CpuUsage cpu(String id, long nanos, long now) {
    CpuSample old = cpu.put(id, new CpuSample(now, nanos));
    CpuUsage.Builder b =
        CpuUsage.newBuilder().setTimestamp(now).setUsageCoreNanoSeconds(value(nanos));
    if (old != null && now > old.at() && nanos >= old.nanos()) {
      b.setUsageNanoCores(value((long) ((nanos - old.nanos()) * 1e9 / (now - old.at()))));
    }
    return b.build();
  }

  private static MemoryUsage memory(CgroupUsage usage, long now) {
    MemoryUsage.Builder b =
        MemoryUsage.newBuilder()
            .setTimestamp(now)
            .setWorkingSetBytes(value(usage.workingSet()))
            .setUsageBytes(value(usage.memoryUsage()))
            .setRssBytes(value(usage.rss()))
            .setPageFaults(value(usage.pageFaults()))
            .setMajorPageFaults(value(usage.majorPageFaults()));
    usage
        .memoryLimit()
        .ifPresent(limit -> b.setAvailableBytes(value(Math.max(0, limit - usage.workingSet()))));
    return b.build();
  }

  PodSandboxStats of(Sandbox s) throws IOException {
    long now = Times.now();
    LinuxPodSandboxStats.Builder linux = LinuxPodSandboxStats.newBuilder();
    long nanos = 0;
    long processes = 0;
    CgroupUsage sum = new CgroupUsage(0, 0, 0, 0, 0, 0, java.util.OptionalLong.empty(), 0);
    for (Container c : containers.ofSandbox(s.id())) {
      if (c.isRunning()) {
        linux.addContainers(of(c));
        CgroupUsage u = containers.usage(c);
        nanos += u.cpuNanos();
        processes += u.processes();
        sum =
            new CgroupUsage(
                0,
                sum.memoryUsage() + u.memoryUsage(),
                sum.workingSet() + u.workingSet(),
                sum.rss() + u.rss(),
                sum.pageFaults() + u.pageFaults(),
                sum.majorPageFaults() + u.majorPageFaults(),
                sum.memoryLimit(),
                0);
      }
    }
    linux.setCpu(cpu(s.id(), nanos, now)).setMemory(memory(sum, now));
    linux.setProcess(ProcessUsage.newBuilder().setTimestamp(now).setProcessCount(value(processes)));
    if (s.hasNetwork()) {
      network(s, now, linux);
    }
    return PodSandboxStats.newBuilder()
        .setAttributes(
            PodSandboxAttributes.newBuilder()
                .setId(s.id())
                .setMetadata(s.config().getMetadata())
                .putAllLabels(s.config().getLabelsMap())
                .putAllAnnotations(s.config().getAnnotationsMap()))
        .setLinux(linux)
        .build();
  }

  // The host's end of the cable counts the same packets, the other way round.
  private static void network(Sandbox s, long now, LinuxPodSandboxStats.Builder linux) {
    String veth = s.record().network().path("veth").asText("");
    Path dir = Path.of("/sys/class/net/" + veth + "/statistics");
    if (!veth.isEmpty() && Files.isDirectory(dir)) {
      linux.setNetwork(
          NetworkUsage.newBuilder()
              .setTimestamp(now)
              .setDefaultInterface(
                  NetworkInterfaceUsage.newBuilder()
                      .setName("eth0")
                      .setRxBytes(counter(dir, "tx_bytes"))
                      .setRxErrors(counter(dir, "tx_errors"))
                      .setTxBytes(counter(dir, "rx_bytes"))
                      .setTxErrors(counter(dir, "rx_errors"))));
    }
  }

  private static UInt64Value counter(Path dir, String name) {
    try {
      return value(Long.parseLong(Files.readString(dir.resolve(name)).strip()));
    } catch (IOException e) {
      return value(0);
    }
  }

  void forgetAllBut(List<String> ids) {
    cpu.keySet().retainAll(ids);
    disk.keySet().retainAll(ids);
  }

  private static UInt64Value value(long v) {
    return UInt64Value.newBuilder().setValue(v).build();
  }
}
