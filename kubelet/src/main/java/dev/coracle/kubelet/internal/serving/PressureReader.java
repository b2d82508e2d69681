package dev.coracle.kubelet.internal.serving;

import dev.coracle.cri.PressureFile;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.LinuxPodSandboxStats;
import dev.coracle.cri.v1.PsiData;
import dev.coracle.cri.v1.PsiStats;
import dev.coracle.kubelet.server.stats.Pressures;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Pressure of the node, of pods and of containers: as the runtime tells it, or else out of the
 * cgroup's own files, since older runtimes pass over it. Without a unified hierarchy there is none,
 * of the node neither, as upstream has it (ADR 0321). Reads files of the kernel, which do not block
 * for long. Stateless.
 *
 * @param unified where the unified hierarchy is mounted
 * @param machine the directory of the whole machine's pressure, {@code /proc/pressure}
 */
record PressureReader(Optional<Path> unified, Path machine) {

  Pressures node() {
    return unified.isEmpty()
        ? Pressures.UNKNOWN
        : new Pressures(
            PressureFile.read(machine.resolve("cpu")).map(PressureReader::stalls),
            PressureFile.read(machine.resolve("memory")).map(PressureReader::stalls),
            PressureFile.read(machine.resolve("io")).map(PressureReader::stalls));
  }

  /**
   * @param cgroup the container's, from the root; empty where it is not known
   */
  Pressures of(ContainerStats stats, String cgroup) {
    return new Pressures(
        told(stats.getCpu().hasPsi(), stats.getCpu().getPsi(), cgroup, "cpu"),
        told(stats.getMemory().hasPsi(), stats.getMemory().getPsi(), cgroup, "memory"),
        told(stats.getIo().hasPsi(), stats.getIo().getPsi(), cgroup, "io"));
  }

  /**
   * @param cgroup the pod's, likewise
   */
  Pressures of(LinuxPodSandboxStats stats, String cgroup) {
    return new Pressures(
        told(stats.getCpu().hasPsi(), stats.getCpu().getPsi(), cgroup, "cpu"),
        told(stats.getMemory().hasPsi(), stats.getMemory().getPsi(), cgroup, "memory"),
        told(stats.getIo().hasPsi(), stats.getIo().getPsi(), cgroup, "io"));
  }

  /** Those of a group of which no runtime tells. */
  Pressures of(String cgroup) {
    return of(LinuxPodSandboxStats.getDefaultInstance(), cgroup);
  }

  private Optional<Pressures.Stalls> told(
      boolean has, PsiStats psi, String cgroup, String resource) {
    if (has) {
      return Optional.of(stalls(psi));
    }
    return unified
        .filter(_ -> cgroup.startsWith("/") && cgroup.length() > 1)
        .flatMap(u -> PressureFile.ofGroup(u.resolve(cgroup.substring(1)), resource))
        .map(PressureReader::stalls);
  }

  private static Pressures.Stalls stalls(PsiStats psi) {
    return new Pressures.Stalls(share(psi.getFull()), share(psi.getSome()));
  }

  private static Pressures.Share share(PsiData data) {
    return new Pressures.Share(data.getTotal(), data.getAvg10(), data.getAvg60(), data.getAvg300());
  }
}
