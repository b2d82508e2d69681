package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.Device;
import dev.coracle.cri.v1.HugepageLimit;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.criruntime.internal.cgroup.CgroupLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** CRI's resources as limits of a cgroup. */
final class ContainerLimits {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLimits.class);

  private ContainerLimits() {}

  static CgroupLimits of(LinuxContainerResources r) {
    return new CgroupLimits(
        r.getCpuPeriod(),
        r.getCpuQuota(),
        r.getCpuShares(),
        r.getMemoryLimitInBytes(),
        r.getMemorySwapLimitInBytes(),
        0,
        r.getCpusetCpus(),
        r.getCpusetMems(),
        hugePages(r),
        r.getUnifiedMap());
  }

  /** What a request leaves out stays as it was. */
  static LinuxContainerResources merge(LinuxContainerResources old, LinuxContainerResources next) {
    LinuxContainerResources.Builder all = old.toBuilder();
    if (next.getHugepageLimitsCount() > 0) {
      all.clearHugepageLimits();
    }
    return all.mergeFrom(next).build();
  }

  /** Bytes by the kernel's name of the page's size. */
  private static Map<String, Long> hugePages(LinuxContainerResources r) {
    return r.getHugepageLimitsList().stream()
        .collect(
            Collectors.toMap(HugepageLimit::getPageSize, HugepageLimit::getLimit, (a, b) -> b));
  }

  /** Rules of the devices controller for what the pod asks for. */
  static List<String> deviceRules(ContainerConfig config) throws IOException {
    List<String> rules = new ArrayList<>();
    for (Device device : config.getDevicesList()) {
      Path host = Path.of(device.getHostPath()).toRealPath();
      int type = (int) Files.getAttribute(host, "unix:mode") & 0xf000;
      long number = (long) Files.getAttribute(host, "unix:rdev");
      long major = (number >> 8) & 0xfff;
      long minor = (number & 0xff) | ((number >> 12) & 0xfff00);
      String permissions = device.getPermissions().isEmpty() ? "rwm" : device.getPermissions();
      rules.add((type == 0x6000 ? "b " : "c ") + major + ":" + minor + " " + permissions);
    }
    return rules;
  }

  /** Best effort: lowering the score needs a capability that we may lack. */
  static void oomScore(int pid, Launch launch) {
    oomScore(pid, launch.config().getLinux().getResources().getOomScoreAdj());
  }

  private static void oomScore(int pid, long score) {
    if (score == 0) {
      return;
    }
    try {
      Files.writeString(Path.of("/proc/" + pid + "/oom_score_adj"), Long.toString(score));
    } catch (IOException e) {
      LOG.atDebug()
          .addKeyValue("pid", pid)
          .addKeyValue("score", score)
          .log("oom_score_adj not permitted");
    }
  }

  /**
   * The same for what the process has started already: what it starts later has it from the process
   * itself.
   */
  static void oomScoreOfAll(int pid, Launch launch) {
    oomScoreOfAll(pid, launch.config().getLinux().getResources().getOomScoreAdj());
  }

  private static void oomScoreOfAll(int pid, long score) {
    if (score == 0) {
      return;
    }
    oomScore(pid, score);
    try {
      String children = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/children"));
      for (String child : children.split(" ")) {
        if (!child.isBlank()) {
          oomScoreOfAll(Integer.parseInt(child), score);
        }
      }
    } catch (IOException e) {
      LOG.atDebug().addKeyValue("pid", pid).log("it has ended, or its children are not told");
    }
  }
}
