package dev.coracle.kubelet.internal.metrics;

import dev.coracle.kubelet.server.RequestMonitor;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The metrics of requests to the kubelet's API. Safe for any thread. */
public final class HttpMetrics implements RequestMonitor {
  private record Kind(String method, String path, boolean longRunning) {}

  private record Measures(Counter requests, Timer duration, AtomicLong inFlight) {}

  private final KubeletMeters meters;
  private final Map<Kind, Measures> kinds = new ConcurrentHashMap<>();

  HttpMetrics(KubeletMeters meters) {
    this.meters = meters;
  }

  @Override
  public Runnable begun(String method, String path, boolean longRunning) {
    Measures measures = kinds.computeIfAbsent(new Kind(method, path, longRunning), this::measures);
    measures.requests.increment();
    measures.inFlight.incrementAndGet();
    long begun = System.nanoTime();
    return () -> {
      measures.inFlight.decrementAndGet();
      measures.duration.record(Duration.ofNanos(System.nanoTime() - begun));
    };
  }

  private Measures measures(Kind kind) {
    Tags tags =
        Tags.of(
            "method",
            kind.method,
            "path",
            kind.path,
            "server_type",
            "readwrite",
            "long_running",
            Boolean.toString(kind.longRunning));
    return new Measures(
        meters.counter(
            "kubelet_http_requests_total",
            "Number of the http requests received since the server started",
            tags),
        meters.timer(
            "kubelet_http_requests_duration_seconds",
            "Duration in seconds to serve http requests",
            tags,
            KubeletMeters.LATENCIES),
        meters.number(
            "kubelet_http_inflight_requests", "Number of the inflight http requests", tags));
  }
}
