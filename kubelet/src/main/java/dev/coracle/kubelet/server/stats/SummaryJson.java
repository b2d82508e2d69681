package dev.coracle.kubelet.server.stats;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Renders {@code /stats/summary}: the Summary type of {@code
 * k8s.io/kubelet/pkg/apis/stats/v1alpha1}.
 *
 * @see <a href="https://kubernetes.io/docs/reference/instrumentation/node-metrics/">Node metrics
 *     data</a>
 */
public final class SummaryJson {
  private SummaryJson() {}

  /**
   * The document; with {@code onlyCpuAndMemory} the cheap half that the metrics server asks for.
   */
  public static ObjectNode render(NodeStats stats, boolean onlyCpuAndMemory) {
    ObjectNode summary = JsonNodeFactory.instance.objectNode();
    ObjectNode node = summary.putObject("node");
    node.put("nodeName", stats.nodeName());
    time(node, "startTime", stats.startTime());
    cpu(node, stats.cpu(), stats.pressures());
    memory(node, stats.memory(), stats.pressures());
    if (!stats.systemContainers().isEmpty()) {
      var system = node.putArray("systemContainers");
      for (NodeStats.SystemContainer c : stats.systemContainers()) {
        ObjectNode o = system.addObject();
        o.put("name", c.name());
        time(o, "startTime", c.startTime());
        cpu(o, c.cpu(), c.pressures());
        memory(o, c.memory(), c.pressures());
        if (!onlyCpuAndMemory) {
          io(o, c.cpu(), c.pressures());
        }
      }
    }
    if (!onlyCpuAndMemory) {
      io(node, stats.cpu(), stats.pressures());
      network(node, stats.network());
      fs(node, "fs", stats.fs());
      if (stats.imageFs() != null || stats.containerFs() != null) {
        ObjectNode runtime = node.putObject("runtime");
        fs(runtime, "imageFs", stats.imageFs());
        fs(runtime, "containerFs", stats.containerFs());
      }
      if (stats.maxPids() != null || stats.processCount() != null) {
        ObjectNode rlimit = node.putObject("rlimit");
        time(rlimit, "time", stats.cpu() == null ? stats.startTime() : stats.cpu().time());
        number(rlimit, "maxpid", stats.maxPids());
        number(rlimit, "curproc", stats.processCount());
      }
    }
    var pods = summary.putArray("pods");
    stats.pods().forEach(pod -> pod(pods.addObject(), pod, onlyCpuAndMemory));
    return summary;
  }

  private static void pod(ObjectNode out, PodStats pod, boolean onlyCpuAndMemory) {
    out.putObject("podRef")
        .put("name", pod.name())
        .put("namespace", pod.namespace())
        .put("uid", pod.uid());
    time(out, "startTime", pod.startTime());
    var containers = out.putArray("containers");
    for (ContainerStats container : pod.containers()) {
      ObjectNode c = containers.addObject();
      c.put("name", container.name());
      time(c, "startTime", container.startTime());
      cpu(c, container.cpu(), container.pressures());
      memory(c, container.memory(), container.pressures());
      if (!onlyCpuAndMemory) {
        io(c, container.cpu(), container.pressures());
        fs(c, "rootfs", container.rootfs());
        fs(c, "logs", container.logs());
      }
    }
    cpu(out, pod.cpu(), pod.pressures());
    memory(out, pod.memory(), pod.pressures());
    if (onlyCpuAndMemory) {
      return;
    }
    io(out, pod.cpu(), pod.pressures());
    network(out, pod.network());
    if (!pod.volumes().isEmpty()) {
      var volumes = out.putArray("volume");
      for (VolumeStats volume : pod.volumes()) {
        ObjectNode v = volumes.addObject();
        fill(v, volume.fs());
        v.put("name", volume.name());
        if (volume.claimName() != null) {
          v.putObject("pvcRef").put("name", volume.claimName()).put("namespace", pod.namespace());
        }
      }
    }
    fs(out, "ephemeral-storage", pod.ephemeralStorage());
    if (pod.processCount() != null) {
      out.putObject("process_stats").put("process_count", pod.processCount());
    }
  }

  private static void cpu(ObjectNode out, @Nullable CpuStats cpu, Pressures pressures) {
    if (cpu != null) {
      ObjectNode o = out.putObject("cpu");
      time(o, "time", cpu.time());
      number(o, "usageNanoCores", cpu.usageNanoCores());
      number(o, "usageCoreNanoSeconds", cpu.usageCoreNanoSeconds());
      psi(o, pressures.cpu());
    }
  }

  private static void memory(ObjectNode out, @Nullable MemoryStats memory, Pressures pressures) {
    if (memory == null) {
      return;
    }
    ObjectNode o = out.putObject("memory");
    time(o, "time", memory.time());
    number(o, "availableBytes", memory.availableBytes());
    number(o, "usageBytes", memory.usageBytes());
    number(o, "workingSetBytes", memory.workingSetBytes());
    number(o, "rssBytes", memory.rssBytes());
    number(o, "pageFaults", memory.pageFaults());
    number(o, "majorPageFaults", memory.majorPageFaults());
    psi(o, pressures.memory());
    if (memory.swapBytes() != null) {
      ObjectNode swap = out.putObject("swap");
      time(swap, "time", memory.time());
      number(swap, "swapAvailableBytes", memory.swapAvailableBytes());
      number(swap, "swapUsageBytes", memory.swapBytes());
    }
  }

  /**
   * @param sampled what was read at the same time
   */
  private static void io(ObjectNode out, @Nullable CpuStats sampled, Pressures pressures) {
    if (sampled != null && pressures.io().isPresent()) {
      ObjectNode o = out.putObject("io");
      time(o, "time", sampled.time());
      psi(o, pressures.io());
    }
  }

  private static void psi(ObjectNode out, Optional<Pressures.Stalls> stalls) {
    stalls.ifPresent(s -> {
      ObjectNode psi = out.putObject("psi");
      share(psi.putObject("full"), s.full());
      share(psi.putObject("some"), s.some());
    });
  }

  private static void share(ObjectNode out, Pressures.Share share) {
    out.put("total", share.total())
        .put("avg10", share.avg10())
        .put("avg60", share.avg60())
        .put("avg300", share.avg300());
  }

  private static void network(ObjectNode out, @Nullable NetworkStats network) {
    if (network == null || network.interfaces().isEmpty()) {
      return;
    }
    ObjectNode o = out.putObject("network");
    time(o, "time", network.time());
    network.byDefault().ifPresent(i -> fill(o, i));
    var all = o.putArray("interfaces");
    network.interfaces().forEach(i -> fill(all.addObject(), i));
  }

  private static void fill(ObjectNode o, NetworkStats.Interface i) {
    o.put("name", i.name());
    number(o, "rxBytes", i.rxBytes());
    number(o, "rxErrors", i.rxErrors());
    number(o, "txBytes", i.txBytes());
    number(o, "txErrors", i.txErrors());
  }

  private static void fs(ObjectNode out, String name, @Nullable FsStats fs) {
    if (fs != null) {
      fill(out.putObject(name), fs);
    }
  }

  private static void fill(ObjectNode o, FsStats fs) {
    time(o, "time", fs.time());
    number(o, "availableBytes", fs.availableBytes());
    number(o, "capacityBytes", fs.capacityBytes());
    number(o, "usedBytes", fs.usedBytes());
    number(o, "inodesFree", fs.inodesFree());
    number(o, "inodes", fs.inodes());
    number(o, "inodesUsed", fs.inodesUsed());
  }

  /** Kubernetes' metav1.Time has seconds only. */
  private static void time(ObjectNode out, String name, Instant time) {
    out.put(name, time.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static void number(ObjectNode out, String name, @Nullable Long value) {
    if (value != null) {
      out.put(name, value.longValue());
    }
  }
}
