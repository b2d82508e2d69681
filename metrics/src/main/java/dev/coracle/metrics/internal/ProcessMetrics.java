package dev.coracle.metrics.internal;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToDoubleFunction;

/**
 * The process under the names every Prometheus client library uses: {@code
 * process_cpu_seconds_total}, {@code process_resident_memory_bytes} and their like. What this
 * system cannot tell is not a number.
 */
public final class ProcessMetrics implements MeterBinder {

  private static final Path STATUS = Path.of("/proc/self/status");

  @Override
  public void bindTo(MeterRegistry registry) {
    var runtime = ManagementFactory.getRuntimeMXBean();
    gauge(
        registry,
        "process_start_time",
        "Start of the process since the epoch",
        "seconds",
        _ -> runtime.getStartTime() / 1000.0);
    gauge(
        registry,
        "process_resident_memory",
        "Resident memory",
        "bytes",
        _ -> statusBytes("VmRSS:"));
    gauge(
        registry, "process_virtual_memory", "Virtual memory", "bytes", _ -> statusBytes("VmSize:"));
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      FunctionCounter.builder("process_cpu", system, s -> s.getProcessCpuTime() / 1e9)
          .description("CPU time used, user and system")
          .baseUnit("seconds")
          .register(registry);
    }
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      gauge(
          registry,
          "process_open_fds",
          "Open file descriptors",
          "",
          _ -> unix.getOpenFileDescriptorCount());
      gauge(
          registry,
          "process_max_fds",
          "Limit of file descriptors",
          "",
          _ -> unix.getMaxFileDescriptorCount());
    }
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String help,
      String unit,
      ToDoubleFunction<ProcessMetrics> value) {
    Gauge.Builder<ProcessMetrics> gauge =
        Gauge.builder(name, this, value).description(help).strongReference(true);
    (unit.isEmpty() ? gauge : gauge.baseUnit(unit)).register(registry);
  }

  private static double statusBytes(String field) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(field)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024.0;
        }
      }
    } catch (IOException e) {
      return Double.NaN;
    }
    return Double.NaN;
  }
}
