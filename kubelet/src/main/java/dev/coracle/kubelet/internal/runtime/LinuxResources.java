package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.cri.v1.HugepageLimit;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.cpu.CpuManager;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Requests and limits in the kernel's terms, by upstream's formulas. */
public final class LinuxResources {
  private static final String SWAP_MAX = "memory.swap.max";
  private static final String OOM_GROUP = "memory.oom.group";

  /** How the names of resources of huge pages begin. */
  public static final String HUGE_PAGES = "hugepages-";

  private LinuxResources() {}

  public static LinuxContainerResources of(Pod pod, ContainerSpec container, NodeLimits node) {
    Quantity cpuRequest = quantity(container.requests(), "cpu");
    Quantity cpuLimit = limit(pod, container, "cpu");
    Quantity memoryLimit = limit(pod, container, "memory");
    LinuxContainerResources.Builder out =
        LinuxContainerResources.newBuilder()
            .setCpuShares(
                shares(
                    (cpuRequest.signum() == 0 && cpuLimit.signum() > 0 ? cpuLimit : cpuRequest)
                        .millis()))
            .setOomScoreAdj(oomScore(pod, container, node.memoryBytes()));
    if (!node.options().exclusiveCpus() || CpuManager.wanted(pod, container) == 0) {
      quota(out, cpuLimit.millis(), node.options());
    }
    long swap = swap(pod, container, node);
    if (memoryLimit.signum() > 0) {
      out.setMemoryLimitInBytes(memoryLimit.longValue());
      if (swap == 0) {
        out.setMemorySwapLimitInBytes(memoryLimit.longValue());
      }
    }
    if (node.swap().limitable() && node.swap().bytes() > 0) {
      out.putUnified(SWAP_MAX, Long.toString(swap));
    }
    if (node.killsWholeContainers()) {
      out.putUnified(OOM_GROUP, "1");
    }
    hugePages(pod, container)
        .forEach((size, bytes) ->
            out.addHugepageLimits(HugepageLimit.newBuilder().setPageSize(size).setLimit(bytes)));
    return out.build();
  }

  /** What the pod's RuntimeClass costs beside its containers (KEP-688). */
  static LinuxContainerResources ofOverhead(Pod pod, CgroupOptions options) {
    JsonNode overhead = pod.spec().path("overhead");
    long cpu = quantity(overhead, "cpu").millis();
    LinuxContainerResources.Builder out =
        LinuxContainerResources.newBuilder().setCpuShares(shares(cpu));
    quota(out, cpu, options);
    long memory = quantity(overhead, "memory").longValue();
    if (memory > 0) {
      out.setMemoryLimitInBytes(memory);
    }
    return out.build();
  }

  /** CPU shares (v1) of a request; never below the kernel's minimum of two. */
  public static long shares(long millis) {
    return millis == 0 ? 2 : Math.clamp(millis * 1024 / 1000, 2, 262_144);
  }

  private static void quota(
      LinuxContainerResources.Builder out, long millis, CgroupOptions options) {
    if (millis > 0 && options.cpuQuota()) {
      out.setCpuPeriod(options.cpuPeriodMicros()).setCpuQuota(quota(millis, options));
    }
  }

  /** CPU time per period, never below the kernel's millisecond. */
  public static long quota(long millis, CgroupOptions options) {
    return Math.max(1000, millis * options.cpuPeriodMicros() / 1000);
  }

  /**
   * Bytes of swap that a container may use (KEP-2400): where swap is limited, its share of the
   * memory in swap, for containers of Burstable pods that ask for memory and not for all they may
   * have.
   */
  private static long swap(Pod pod, ContainerSpec container, NodeLimits node) {
    long request = quantity(container.requests(), "memory").longValue();
    return maySwap(pod, container, node)
        ? (long) ((double) request / node.memoryBytes() * node.swap().bytes())
        : 0;
  }

  /** Whether it has any swap. */
  static boolean maySwap(Pod pod, ContainerSpec container, NodeLimits node) {
    long request = quantity(container.requests(), "memory").longValue();
    return node.options().swap() == CgroupOptions.Swap.LIMITED_SWAP
        && node.swap().limitable()
        && node.memoryBytes() > 0
        && QosClass.of(pod) == QosClass.BURSTABLE
        && !pod.isCritical()
        && request > 0
        && request != quantity(container.limits(), "memory").longValue();
  }

  static int oomScore(Pod pod, ContainerSpec container, long memoryCapacity) {
    String priority = pod.spec().path("priorityClassName").asText("");
    if (priority.equals("system-node-critical")) {
      return -997;
    }
    return switch (QosClass.of(pod)) {
      case GUARANTEED -> -997;
      case BEST_EFFORT -> 1000;
      case BURSTABLE -> {
        long request = quantity(container.requests(), "memory").longValue() + shared(pod);
        long score = memoryCapacity <= 0 ? 999 : 1000 - (long) (1000.0 * request / memoryCapacity);
        yield (int) Math.clamp(score, 3, 999);
      }
    };
  }

  /** What the pod as a whole asks for beyond its containers counts for each of them alike. */
  private static long shared(Pod pod) {
    long whole = quantity(pod.spec().path("resources").path("requests"), "memory").longValue();
    if (whole == 0) {
      return 0;
    }
    long asked = 0;
    int count = 0;
    for (ContainerSpec c : pod.allContainers()) {
      if (c.kind() == ContainerSpec.Kind.APP || c.isSidecar()) {
        asked += quantity(c.requests(), "memory").longValue();
        count++;
      }
    }
    return count == 0 ? 0 : Math.max(0, whole - asked) / count;
  }

  /** A container without a limit of its own is held to that of its pod as a whole (KEP-2837). */
  private static Quantity limit(Pod pod, ContainerSpec container, String resource) {
    Quantity own = quantity(container.limits(), resource);
    return own.signum() > 0 ? own : quantity(pod.spec().path("resources").path("limits"), resource);
  }

  /** Bytes by the size of the page: those of the pod as a whole where the container has no own. */
  private static Map<String, Long> hugePages(Pod pod, ContainerSpec container) {
    Map<String, Long> out = new TreeMap<>();
    for (JsonNode limits :
        List.of(pod.spec().path("resources").path("limits"), container.limits())) {
      limits
          .fieldNames()
          .forEachRemaining(name -> {
            if (name.startsWith(HUGE_PAGES)) {
              out.put(pageSize(name), quantity(limits, name).longValue());
            }
          });
    }
    return out;
  }

  static Quantity quantity(JsonNode resources, String name) {
    JsonNode node = resources.path(name);
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? Quantity.ZERO : q;
  }

  /** The kernel's name of the size of a resource's pages: {@code 2MB} for {@code hugepages-2Mi}. */
  public static String pageSize(String resource) {
    long bytes = Quantity.parse(resource.substring(HUGE_PAGES.length())).longValue();
    return bytes >= 1L << 30 && bytes % (1L << 30) == 0
        ? (bytes >> 30) + "GB"
        : bytes >= 1L << 20 ? (bytes >> 20) + "MB" : (bytes >> 10) + "KB";
  }
}
