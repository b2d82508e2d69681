package dev.coracle.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** How figures are summed up and printed. */
public final class Figures {

  private Figures() {}

  /** One line: what was measured on. */
  public static String machine() throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(l -> l.startsWith("model name"))
            .findFirst()
            .map(l -> l.substring(l.indexOf(':') + 2))
            .orElse("unknown");
    return Runtime.getRuntime().availableProcessors()
        + " × "
        + cpu
        + ", Linux "
        + System.getProperty("os.version")
        + ", JDK "
        + Runtime.version()
        + "\n";
  }

  /** The nearest-rank percentile of at least one value. */
  public static double percentile(List<Double> values, int percent) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(
        Math.min(sorted.size() - 1, (int) Math.ceil(sorted.size() * percent / 100.0) - 1));
  }

  /** Prints one row of a table. */
  public static void row(String what, double value, String unit) {
    System.out.printf(Locale.ROOT, "| %s | %.2f %s |%n", what, value, unit);
  }
}
