package dev.coracle.benchmarks.api;

import dev.coracle.benchmarks.storage.Report;

/** What is told of one question, for both sides, with their ratios. */
final class Rows {

  private static final String API = "API server, HTTPS";
  private static final String ETCD = "etcd, bare, no TLS";
  private static final String RATIO = "API : etcd";
  private static final String SAME = "etcd, as many connections";
  private static final String SAME_RATIO = "API : it";

  private static final String PROCESSOR =
      ", the server's processor time (load generator's share of the machine)";

  final Report report = new Report(API, ETCD, RATIO, SAME, SAME_RATIO);

  /** Many short requests: what matters is how many, and how long the slowest take. */
  void rates(String row, Load.Outcome api, Load.Outcome etcd, Load.Outcome same) {
    rate(row, API, api);
    peer(row, api, ETCD, RATIO, etcd);
    peer(row, api, SAME, SAME_RATIO, same);
  }

  private void peer(String row, Load.Outcome api, String who, String ratio, Load.Outcome its) {
    rate(row, who, its);
    report.put(row + ", a second", ratio, "%.2f", api.rate() / its.rate());
    report.put(
        row + ", p50 / p99", ratio, "%.2f / %.2f", api.p50() / its.p50(), api.p99() / its.p99());
    report.put(row + PROCESSOR, ratio, "%.2f", api.serverCpu() / its.serverCpu());
  }

  private void rate(String row, String who, Load.Outcome o) {
    report.put(row + ", a second", who, "%,.0f", o.rate());
    report.put(row + ", p50 / p99", who, "%.2f / %.2f ms", o.p50(), o.p99());
    processor(row, who, o, 1000, "µs");
  }

  /** Few big answers. */
  void lists(String row, Load.Outcome api, long apiBytes, Load.Outcome etcd, long etcdBytes) {
    report.put(row + ", p50 / p99", API, "%.1f / %.1f ms", api.p50(), api.p99());
    report.put(row + ", p50 / p99", ETCD, "%.1f / %.1f ms", etcd.p50(), etcd.p99());
    report.put(
        row + ", p50 / p99", RATIO, "%.2f / %.2f", api.p50() / etcd.p50(), api.p99() / etcd.p99());
    report.put(row + ", bytes", API, "%.1f MB", apiBytes / 1e6);
    report.put(row + ", bytes", ETCD, "%.1f MB", etcdBytes / 1e6);
    report.put(row + ", bytes", RATIO, "%.2f", apiBytes / (double) etcdBytes);
    processor(row, API, api, 1e6, "ms");
    processor(row, ETCD, etcd, 1e6, "ms");
    report.put(row + PROCESSOR, RATIO, "%.2f", api.serverCpu() / etcd.serverCpu());
  }

  private void processor(String row, String who, Load.Outcome o, double unitNanos, String unit) {
    report.put(
        row + PROCESSOR,
        who,
        "%,.1f " + unit + " (%.0f %%)",
        o.serverCpu() / unitNanos,
        o.clientShare() * 100);
  }
}
