package dev.coracle.logs;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** The metrics of the log collector, its store and its sink. */
public final class LogMetrics {

  private final MeterRegistry registry;
  private final Counter lines;
  private final Counter shipped;
  private final Counter dropped;

  public LogMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.lines = counter("coracle_logs_collected_lines_total", "Lines taken from log files");
    this.shipped = counter("coracle_logs_shipped_lines_total", "Lines the sink has accepted");
    this.dropped =
        counter(
            "coracle_logs_dropped_lines_total", "Lines the sink did not get: the queue was full");
  }

  private Counter counter(String name, String help) {
    return Counter.builder(name).description(help).register(registry);
  }

  /** Reads the store's size when it is scraped. */
  public <T> void storeBytes(T store, ToDoubleFunction<T> size) {
    Gauge.builder("coracle_logs_store_bytes", store, size)
        .description("Size of the log store on disk")
        .register(registry);
  }

  public void collected() {
    lines.increment();
  }

  public void shipped(int count) {
    shipped.increment(count);
  }

  public void dropped() {
    dropped.increment();
  }
}
