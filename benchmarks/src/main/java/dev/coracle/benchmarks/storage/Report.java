package dev.coracle.benchmarks.storage;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, as a Markdown table: one row a question, one column a contestant. */
public final class Report {

  private final List<String> contestants;
  private final Map<String, Map<String, String>> rows = new LinkedHashMap<>();

  public Report(String... contestants) {
    this.contestants = List.of(contestants);
  }

  /** Notes a figure, and says it at once on standard error, so that one sees it go on. */
  public void put(String what, String contestant, String format, Object... arguments) {
    String figure = String.format(Locale.ROOT, format, arguments);
    rows.computeIfAbsent(what, _ -> new LinkedHashMap<>()).put(contestant, figure);
    System.err.println(contestant + ": " + what + ": " + figure);
  }

  public void print(PrintStream out) {
    out.println("| | " + String.join(" | ", contestants) + " |");
    out.println("|---|" + "---:|".repeat(contestants.size()));
    rows.forEach((what, figures) -> {
      StringBuilder line = new StringBuilder("| ").append(what).append(" |");
      contestants.forEach(c -> line.append(' ').append(figures.getOrDefault(c, "–")).append(" |"));
      out.println(line);
    });
  }

  /** The machine in one line, and the disk that a directory lies on. */
  public static String machine(Path directory) throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(l -> l.startsWith("model name"))
            .findFirst()
            .map(l -> l.substring(l.indexOf(':') + 2))
            .orElse("unknown");
    FileStore disk = Files.getFileStore(directory);
    return String.format(
        Locale.ROOT,
        "%d × %s, Linux %s, %s, JDK %s, %s; load when it began: %s%n",
        Runtime.getRuntime().availableProcessors(),
        cpu,
        System.getProperty("os.version"),
        disk.type(),
        Runtime.version(),
        etcdVersion(),
        Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
  }

  private static String etcdVersion() throws IOException {
    Process process = new ProcessBuilder("etcd", "--version").redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return text.lines().findFirst().orElse("etcd").replace(" Version:", "");
  }

  /** Nanoseconds of a list at a percentile, in milliseconds. */
  public static double millis(List<Long> nanos, int percentile) {
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    int at = Math.min(sorted.size() - 1, sorted.size() * percentile / 100);
    return sorted.get(at) / 1e6;
  }
}
