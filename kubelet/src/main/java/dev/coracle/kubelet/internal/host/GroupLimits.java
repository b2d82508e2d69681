package dev.coracle.kubelet.internal.host;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.runtime.LinuxResources;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What everything below a cgroup may use together. Where something is empty the cgroup keeps what
 * it has.
 *
 * @param cpuShares of cgroup v1
 * @param memory bytes
 * @param pids process ids
 * @param hugePages bytes by the kernel's name of the page's size ({@code 2MB})
 */
public record GroupLimits(
    OptionalLong cpuShares, OptionalLong memory, OptionalLong pids, Map<String, Long> hugePages) {

  public GroupLimits {
    hugePages = Map.copyOf(hugePages);
  }

  /**
   * @param amounts by resource: {@code cpu}, {@code memory}, {@code pid}, {@code hugepages-SIZE}
   */
  public static GroupLimits of(Map<String, Quantity> amounts) {
    Quantity cpu = amounts.get("cpu");
    Quantity memory = amounts.get("memory");
    Quantity pids = amounts.get("pid");
    return new GroupLimits(
        cpu == null ? OptionalLong.empty() : OptionalLong.of(LinuxResources.shares(cpu.millis())),
        memory == null ? OptionalLong.empty() : OptionalLong.of(memory.longValue()),
        pids == null ? OptionalLong.empty() : OptionalLong.of(pids.longValue()),
        hugePages(amounts));
  }

  /** By the kernel's names of sizes. */
  static Map<String, Long> hugePages(Map<String, Quantity> amounts) {
    Map<String, Long> out = new TreeMap<>();
    amounts.forEach((resource, amount) -> {
      if (resource.startsWith(LinuxResources.HUGE_PAGES)) {
        out.put(LinuxResources.pageSize(resource), amount.longValue());
      }
    });
    return out;
  }
}
