package dev.coracle.criruntime.usage;

import dev.coracle.cri.PressureFile;
import dev.coracle.cri.v1.ContainerAttributes;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.CpuUsage;
import dev.coracle.cri.v1.FilesystemIdentifier;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.IoUsage;
import dev.coracle.cri.v1.LinuxPodSandboxStats;
import dev.coracle.cri.v1.MemoryUsage;
import dev.coracle.cri.v1.NetworkInterfaceUsage;
import dev.coracle.cri.v1.NetworkUsage;
import dev.coracle.cri.v1.PodSandboxAttributes;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.cri.v1.ProcessUsage;
import dev.coracle.cri.v1.PsiStats;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.cgroup.CgroupUsage;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.server.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What containers and pods use, read from their cgroups when asked. The CPU rate is the mean since
 * the last time somebody asked; the size of a writable layer is measured at most every ten seconds.
 * Thread-safe.
 */
public final class UsageMeter {
  private static final long DISK_NANOS = 10_000_000_000L;

  /**
   * A container to measure.
   *
   * @param cgroup its group's path, below every hierarchy's mount point; empty when it does not run
   * @param layer where its changes to the image lie; empty where that is not known
   * @param mountpoint what the kubelet is told of where they lie
   */
  public record Subject(
      String id,
      ContainerAttributes attributes,
      Optional<String> cgroup,
      Optional<Path> layer,
      Path mountpoint) {}

  private record CpuSample(long at, long nanos) {}

  private record DiskSample(long at, FileTrees.Usage usage) {}

  private final CgroupHost host = CgroupHost.detect();
  private final Map<String, CpuSample> cpu = new ConcurrentHashMap<>();
  private final Map<String, DiskSample> disk = new ConcurrentHashMap<>();

  public ContainerStats container(Subject c) throws IOException {
    long now = Times.now();
    ContainerStats.Builder b = ContainerStats.newBuilder().setAttributes(c.attributes());
    if (c.cgroup().isPresent()) {
      CgroupUsage usage = usage(c.cgroup().get());
      CpuUsage.Builder used = cpu(c.id(), usage.cpuNanos(), now);
      MemoryUsage.Builder taken = memory(usage, now);
      pressure(c.cgroup().get(), "cpu").ifPresent(used::setPsi);
      pressure(c.cgroup().get(), "memory").ifPresent(taken::setPsi);
      b.setCpu(used).setMemory(taken);
      io(c.cgroup().get(), now).ifPresent(b::setIo);
    }
    if (c.layer().isPresent()) {
      FileTrees.Usage layer = layer(c.id(), c.layer().get(), now);
      b.setWritableLayer(
          FilesystemUsage.newBuilder()
              .setTimestamp(now)
              .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(c.mountpoint().toString()))
              .setUsedBytes(value(layer.bytes()))
              .setInodesUsed(value(layer.files())));
    }
    return b.build();
  }

  private CgroupUsage usage(String cgroup) {
    return CgroupUsage.of(host.group(cgroup));
  }

  /** Of the unified hierarchy, which knows it on a hybrid host too. */
  private Optional<PsiStats> pressure(String cgroup, String resource) {
    return Optional.ofNullable(host.group(cgroup).directories().get("unified"))
        .flatMap(directory -> PressureFile.ofGroup(directory, resource));
  }

  private Optional<IoUsage> io(String cgroup, long now) {
    return pressure(cgroup, "io")
        .map(psi -> IoUsage.newBuilder().setTimestamp(now).setPsi(psi).build());
  }

  private FileTrees.Usage layer(String id, Path directory, long now) throws IOException {
    DiskSample old = disk.get(id);
    if (old != null && now - old.at() < DISK_NANOS) {
      return old.usage();
    }
    FileTrees.Usage usage = FileTrees.usage(directory);
    disk.put(id, new DiskSample(now, usage));
    return usage;
  }

  private CpuUsage.Builder cpu(String id, long nanos, long now) {
    CpuSample old = cpu.put(id, new CpuSample(now, nanos));
    CpuUsage.Builder b =
        CpuUsage.newBuilder().setTimestamp(now).setUsageCoreNanoSeconds(value(nanos));
    if (old != null && now > old.at() && nanos >= old.nanos()) {
      b.setUsageNanoCores(value((long) ((nanos - old.nanos()) * 1e9 / (now - old.at()))));
    }
    return b;
  }

  private static MemoryUsage.Builder memory(CgroupUsage usage, long now) {
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
    return b;
  }

  /**
   * @param cgroup the pod's own group, in which those of its containers are; empty for none
   * @param containers the pod's running ones
   * @param veth the host's end of the pod's cable; empty on the host's network
   */
  public PodSandboxStats pod(
      String id,
      PodSandboxAttributes attributes,
      Optional<String> cgroup,
      List<Subject> containers,
      String veth)
      throws IOException {
    long now = Times.now();
    LinuxPodSandboxStats.Builder linux = LinuxPodSandboxStats.newBuilder();
    long nanos = 0;
    long processes = 0;
    CgroupUsage sum = new CgroupUsage(0, 0, 0, 0, 0, 0, OptionalLong.empty(), 0);
    for (Subject c : containers) {
      if (c.cgroup().isPresent()) {
        linux.addContainers(container(c));
        CgroupUsage u = usage(c.cgroup().get());
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
    CpuUsage.Builder used = cpu(id, nanos, now);
    MemoryUsage.Builder taken = memory(sum, now);
    cgroup.flatMap(group -> pressure(group, "cpu")).ifPresent(used::setPsi);
    cgroup.flatMap(group -> pressure(group, "memory")).ifPresent(taken::setPsi);
    cgroup.flatMap(group -> io(group, now)).ifPresent(linux::setIo);
    linux.setCpu(used).setMemory(taken);
    linux.setProcess(ProcessUsage.newBuilder().setTimestamp(now).setProcessCount(value(processes)));
    network(veth, now, linux);
    return PodSandboxStats.newBuilder().setAttributes(attributes).setLinux(linux).build();
  }

  // The host's end of the cable counts the same packets, the other way round.
  private static void network(String veth, long now, LinuxPodSandboxStats.Builder linux) {
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

  /** Forgets the earlier figures of what is gone. */
  public void forgetAllBut(Collection<String> ids) {
    cpu.keySet().retainAll(ids);
    disk.keySet().retainAll(ids);
  }

  private static UInt64Value value(long v) {
    return UInt64Value.newBuilder().setValue(v).build();
  }
}
