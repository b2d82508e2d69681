package dev.coracle.cri;

import dev.coracle.cri.v1.PsiData;
import dev.coracle.cri.v1.PsiStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Pressure stall information (PSI) as the kernel tells it, in {@code /proc/pressure} of the whole
 * machine and in {@code cpu.pressure}, {@code memory.pressure} and {@code io.pressure} of each
 * cgroup of the unified hierarchy. Totals are microseconds, and go on as such: that is what
 * runtimes put into CRI and what the kubelet's summary says, whatever their comments call it.
 *
 * @see <a href="https://docs.kernel.org/accounting/psi.html">PSI</a>
 */
public final class PressureFile {
  private PressureFile() {}

  /** Empty where the file is not there or the kernel was started without PSI. */
  public static Optional<PsiStats> read(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * That of a cgroup. Empty too for a group without processes: it waits for nothing, and on a
   * hybrid host the container's processes may be members of version 1's groups only.
   *
   * @param directory of the unified hierarchy
   * @param resource {@code cpu}, {@code memory} or {@code io}
   */
  public static Optional<PsiStats> ofGroup(Path directory, String resource) {
    try {
      return Files.readAllLines(directory.resolve("cgroup.events")).contains("populated 1")
          ? read(directory.resolve(resource + ".pressure"))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Reads lines such as {@code some avg10=0.00 avg60=0.12 avg300=0.30 total=4711}. Older kernels
   * tell no {@code full} of the CPU: it is zero then. Fields that are not known are passed over.
   *
   * @return empty for anything that is no such text
   */
  static Optional<PsiStats> parse(String text) {
    PsiStats.Builder all = PsiStats.newBuilder().setFull(PsiData.getDefaultInstance());
    try {
      for (String line : text.strip().split("\n")) {
        String[] fields = line.strip().split(" ");
        switch (fields[0]) {
          case "some" -> all.setSome(data(fields));
          case "full" -> all.setFull(data(fields));
          default -> {}
        }
      }
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
    return all.hasSome() ? Optional.of(all.build()) : Optional.empty();
  }

  private static PsiData data(String[] fields) {
    PsiData.Builder data = PsiData.newBuilder();
    for (String field : fields) {
      String value = field.substring(field.indexOf('=') + 1);
      switch (field.substring(0, Math.max(0, field.indexOf('=')))) {
        case "avg10" -> data.setAvg10(Double.parseDouble(value));
        case "avg60" -> data.setAvg60(Double.parseDouble(value));
        case "avg300" -> data.setAvg300(Double.parseDouble(value));
        case "total" -> data.setTotal(Long.parseUnsignedLong(value));
        default -> {}
      }
    }
    return data.build();
  }
}
