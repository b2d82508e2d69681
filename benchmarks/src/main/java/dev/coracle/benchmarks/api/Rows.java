package dev.coracle.benchmarks.api;

import dev.coracle.benchmarks.storage.Report;

/** What is told of one question, for both sides, with their ratios. */
final class Rows {

  private static final String API = "API server, HTTPS";
  private static final String ETCD = "etcd, bare, no TLS";
  private static final String RATIO = "API : etcd";

  final Report report = new Report(API, ETCD, RATIO);

  /** Many short requests: what matters is how many, and how long the slowest take. */
  void rates(String row, Load.Outcome api, Load.Outcome etcd) {
    rate(row, API, api);
    rate(row, ETCD, etcd);
    report.put(row + ", a second", RATIO, "%.2f", api.rate() / etcd.rate());
    report.put(
        row + ", p50 / p99", RATIO, "%.2f / %.2f", api.p50() / etcd.p50(), api.p99() / etcd.p99());
    processor(row, api, etcd, 1000, "µs");
  }

  private void rate(String row, String who, Load.Outcome o) {
    report.put(row + ", a second", who, "%,.0f", o.rate());
    report.put(row + ", p50 / p99", who, "%.2f / %.2f ms", o.p50(), o.p99());
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
    processor(row, api, etcd, 1e6, "ms");
  }

  private void processor(
      String row, Load.Outcome api, Load.Outcome etcd, double unitNanos, String unit) {
    String what = row + ", the server's processor time (load generator's share of the machine)";
    String format = "%,.1f " + unit + " (%.0f %%)";
    report.put(what, API, format, api.serverCpu() / unitNanos, api.clientShare() * 100);
    report.put(what, ETCD, format, etcd.serverCpu() / unitNanos, etcd.clientShare() * 100);
    report.put(what, RATIO, "%.2f", api.serverCpu() / etcd.serverCpu());
  }
}
