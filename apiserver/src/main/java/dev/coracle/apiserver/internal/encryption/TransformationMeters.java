package dev.coracle.apiserver.internal.encryption;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
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

  private final MeterRegistry registry;
  private final Tags resource;

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

  private void record(String way, String prefix, String status, long nanos) {
    count(way, prefix, status);
    Timer.builder(PREFIX + "duration_seconds")
        .description("Time it took to turn a value into what is stored, or back")
        .tags(tags(way, prefix))
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }

  private void count(String way, String prefix, String status) {
    registry
        .counter(PREFIX + "operations_total", tags(way, prefix).and("status", status))
        .increment();
  }

  private Tags tags(String way, String prefix) {
    return resource.and("transformation_type", way, "transformer_prefix", prefix);
  }
}
