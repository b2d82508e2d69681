package dev.coracle.apiserver.internal.encryption;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * How often values of one resource are turned into what is stored and back, by which provider, and
 * how often that fails, under upstream's names: whoever moves to another provider sees here when
 * the former one is read no more. Safe on any thread.
 */
final class TransformationMeters {

  private static final String PREFIX = "apiserver_storage_transformation_";
  private static final String OK = "OK";

  /** From five microseconds on, each twice the one before. */
  private static final Duration[] BUCKETS =
      IntStream.range(0, 25).mapToObj(i -> Duration.ofNanos(5_000L << i)).toArray(Duration[]::new);

  private record Way(String type, String prefix, String status) {}

  private record Meters(Counter operations, Timer duration) {}

  private final MeterRegistry registry;
  private final Tags resource;
  private final Map<Way, Meters> known = new ConcurrentHashMap<>();

  /**
   * @param resource such as {@code deployments.apps}
   */
  TransformationMeters(MeterRegistry registry, String resource) {
    this.registry = registry;
    this.resource = Tags.of("resource", resource);
  }

  void sealed(String prefix, long nanos) {
    record("to_storage", prefix, OK, nanos);
  }

  void notSealed(String prefix) {
    count("to_storage", prefix, "unknown-non-grpc");
  }

  void opened(String prefix, long nanos) {
    record("from_storage", read(prefix), OK, nanos);
  }

  /**
   * @param status the name of the gRPC status where a service failed
   */
  void notOpened(String prefix, String status) {
    count("from_storage", read(prefix), status);
  }

  /** Nobody knows what this value was written by. */
  void notKnown() {
    count("from_storage", "unknown", "unknown-non-grpc");
  }

  private static String read(String prefix) {
    return prefix.isEmpty() ? "identity" : prefix;
  }

  private void record(String type, String prefix, String status, long nanos) {
    Meters meters = meters(type, prefix, status);
    meters.operations.increment();
    meters.duration.record(nanos, TimeUnit.NANOSECONDS);
  }

  private void count(String type, String prefix, String status) {
    meters(type, prefix, status).operations.increment();
  }

  private Meters meters(String type, String prefix, String status) {
    return known.computeIfAbsent(new Way(type, prefix, status), this::meters);
  }

  private Meters meters(Way way) {
    Tags tags = resource.and("transformation_type", way.type, "transformer_prefix", way.prefix);
    return new Meters(
        registry.counter(PREFIX + "operations_total", tags.and("status", way.status)),
        Timer.builder(PREFIX + "duration_seconds")
            .description("Time it took to turn a value into what is stored, or back")
            .tags(tags)
            .serviceLevelObjectives(BUCKETS)
            .register(registry));
  }
}
