package dev.coracle.benchmarks.storage;

import java.util.List;

/** The questions that the hub and etcd are both asked, in the same words. */
final class Rows {

  private Rows() {}

  static String memory(int objects, int bytes) {
    return String.format("memory of %,d pods of %.1f KB", objects, bytes / 1000.0);
  }

  /** How often so many more watchers are added to those that are there. */
  static final int WATCHER_ROUNDS = 5;

  /**
   * @param grown bytes that each round of watchers took, divided by their number
   */
  static void perWatcher(Report report, String contestant, int watchers, List<Long> grown) {
    report.put(
        String.format(
            "memory of a watcher, median of %d rounds of %,d more", grown.size(), watchers),
        contestant,
        "%,d bytes",
        grown.stream().sorted().skip(grown.size() / 2).findFirst().orElseThrow());
  }

  static String restart(int objects) {
    return String.format("process start with %,d pods until all are listed, median of 3", objects);
  }

  static void fanOut(
      Report report, String contestant, int watchers, List<Long> times, long cpu, long bytes) {
    String what = String.format("one durable change to %,d watchers", watchers);
    report.put(
        what + ", until the last has it: p50 / p99",
        contestant,
        "%.1f / %.1f ms",
        Report.millis(times, 50),
        Report.millis(times, 99));
    report.put(what + ", processor time", contestant, "%.1f ms", cpu / 1e6 / times.size());
    report.put(what + ", bytes encoded", contestant, "%,d", bytes / times.size());
  }

  static void sustained(Report report, String contestant, int watchers, double rate) {
    report.put(
        String.format("sustained, 16 writers, every change to %,d watchers", watchers),
        contestant,
        "%,.0f changes/s, %,.0f events/s",
        rate,
        rate * watchers);
  }
}
