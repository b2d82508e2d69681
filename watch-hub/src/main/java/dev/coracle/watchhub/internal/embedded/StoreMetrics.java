package dev.coracle.watchhub.internal.embedded;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The embedded storage's metrics, under etcd's names where etcd has them. */
final class StoreMetrics {

  private final Timer sync;
  private final Counter failures;

  StoreMetrics(MeterRegistry registry) {
    sync =
        Timer.builder("etcd_disk_wal_fsync_duration_seconds")
            .description("how long it takes to append a group to the log and sync it")
            .publishPercentileHistogram()
            .register(registry);
    failures =
        Counter.builder("coracle_storage_write_failures")
            .description("groups of writes that could not be made durable")
            .register(registry);
  }

  /** Those that are read when they are asked for. */
  static void gauges(
      MeterRegistry registry,
      Index index,
      long quota,
      Supplier<Number> bytes,
      Supplier<Number> waiting) {
    Gauge.builder("etcd_server_quota_backend_bytes", () -> quota)
        .description("what the storage's files may take at most; beyond it puts are refused")
        .register(registry);
    Gauge.builder("apiserver_storage_size_bytes", bytes)
        .description("bytes of the storage's files")
        .tag("storage_cluster_id", "embedded")
        .register(registry);
    Gauge.builder("etcd_mvcc_db_total_size_in_bytes", bytes).register(registry);
    Gauge.builder("etcd_mvcc_db_total_size_in_use_in_bytes", () -> index.liveBytes)
        .register(registry);
    Gauge.builder("etcd_debugging_mvcc_keys_total", () -> index.liveKeys).register(registry);
    Gauge.builder("etcd_debugging_mvcc_current_revision", () -> index.visible).register(registry);
    Gauge.builder("etcd_debugging_mvcc_compact_revision", () -> index.compacted).register(registry);
    Gauge.builder("etcd_server_proposals_pending", waiting).register(registry);
  }

  void synced(long nanos) {
    sync.record(nanos, TimeUnit.NANOSECONDS);
  }

  void failed() {
    failures.increment();
  }
}
