package dev.coracle.kubelet.internal.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What this process uses, the kubelet with all that runs beside it: as the kernel counts for a
 * process, since it stands in no cgroup of its own.
 *
 * @param resident bytes in memory, of which {@code anonymous} are no file's
 */
record OwnProcess(
    Instant since,
    long cpuNanos,
    long resident,
    long anonymous,
    long swap,
    long faults,
    long majorFaults) {

  /** Of {@code /proc/PID/stat} behind the name in brackets, which may hold anything. */
  private static final int FAULTS = 7;

  private static final int MAJOR_FAULTS = 9;

  static Optional<OwnProcess> read() {
    ProcessHandle.Info info = ProcessHandle.current().info();
    try {
      return of(
          info.startInstant().orElse(Instant.EPOCH),
          info.totalCpuDuration().orElse(Duration.ZERO),
          Files.readAllLines(Path.of("/proc/self/status")),
          Files.readString(Path.of("/proc/self/stat")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<OwnProcess> of(Instant since, Duration cpu, List<String> status, String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    try {
      return Optional.of(
          new OwnProcess(
              since,
              cpu.toNanos(),
              bytes(status, "VmRSS:"),
              bytes(status, "RssAnon:"),
              bytes(status, "VmSwap:"),
              Long.parseLong(fields[FAULTS]),
              Long.parseLong(fields[MAJOR_FAULTS])));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static long bytes(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElse(0);
  }
}
