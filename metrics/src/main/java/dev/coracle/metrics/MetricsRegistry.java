package dev.coracle.metrics;

import dev.coracle.api.ExpositionText;
import dev.coracle.metrics.internal.Families;
import dev.coracle.metrics.internal.HelpTexts;
import dev.coracle.metrics.internal.HistogramBuckets;
import dev.coracle.metrics.internal.HistogramRegistry;
import dev.coracle.metrics.internal.ProcessMetrics;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one process (of one cluster in it): every component gets {@link #meters()} by its
 * constructor. Idle it costs nothing: meters are read when they are scraped, and no timer runs.
 *
 * <p>Timers become histograms with the buckets Kubernetes uses for latencies, in seconds, and so do
 * meters that measure a {@link dev.coracle.api.HistogramSource}. Safe on any thread.
 */
public final class MetricsRegistry implements AutoCloseable {

  /** One scrape: the body and the Content-Type that says its format. */
  public record Scrape(String contentType, String body) {}

  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private static final ExpositionFormats FORMATS = ExpositionFormats.init();

  private final PrometheusMeterRegistry registry =
      new HistogramRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

  public MetricsRegistry() {
    registry.config().meterFilter(new HelpTexts()).meterFilter(new HistogramBuckets());
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new JvmInfoMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
    new ProcessMetrics().bindTo(registry);
  }

  /**
   * Says which Kubernetes this is, as {@code kubernetes_build_info} does upstream.
   *
   * @param gitVersion such as {@code v1.36.0}
   */
  public void tellBuild(String gitVersion) {
    String[] parts = gitVersion.replaceFirst("^v", "").split("\\.", 3);
    Gauge.builder("kubernetes.build.info", () -> 1) // A dot before info makes an info metric.
        .description("Always 1; the labels say which Kubernetes is spoken, and what runs it")
        .tag("major", parts[0])
        .tag("minor", parts.length > 1 ? parts[1] : "")
        .tag("git_version", gitVersion)
        .tag("compiler", "java " + Runtime.version().feature())
        .tag("platform", platform())
        .register(registry);
  }

  private static String platform() {
    String architecture = System.getProperty("os.arch", "");
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT)
        + "/"
        + (architecture.equals("aarch64") ? "arm64" : architecture);
  }

  public MeterRegistry meters() {
    return registry;
  }

  /**
   * All meters in the format the client prefers: OpenMetrics 1.0 where its Accept header names it,
   * else Prometheus text 0.0.4.
   *
   * @param accept the Accept header; null where there was none
   */
  public Scrape scrape(@Nullable String accept) {
    boolean open = accept != null && accept.contains("application/openmetrics-text");
    String type = open ? OPEN_METRICS : ExpositionText.CONTENT_TYPE;
    return new Scrape(type, write(type, ""));
  }

  /** One component's meters in Prometheus text 0.0.4: those whose names begin so. */
  public String text(String prefix) {
    return write(ExpositionText.CONTENT_TYPE, prefix);
  }

  private String write(String type, String prefix) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(64 * 1024);
    try {
      FORMATS.findWriter(type).write(body, Families.of(registry.getPrometheusRegistry(), prefix));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return body.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }
}
