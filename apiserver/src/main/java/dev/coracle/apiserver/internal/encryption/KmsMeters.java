package dev.coracle.apiserver.internal.encryption;

import dev.coracle.apiserver.internal.grpc.SocketCalls;
import dev.coracle.apiserver.internal.identity.ServerId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/**
 * What one key management service is asked and which of its keys are used, under upstream's names,
 * so that whoever rotates a key sees when the former one is used no more. Keys are told by a hash,
 * and only the latest hundred. Safe on any thread.
 */
final class KmsMeters {

  private static final String PREFIX = "apiserver_envelope_encryption_";
  private static final int MOST_KEYS = 100;

  /** From a tenth of a millisecond on, each twice the one before. */
  private static final Duration[] BUCKETS =
      IntStream.range(0, 20)
          .mapToObj(i -> Duration.ofNanos(100_000L << i))
          .toArray(Duration[]::new);

  /** Of one key that is used one way. */
  private record Used(Counter times, Gauge gauge, AtomicLong last) {}

  private record Key(String way, String id) {}

  private volatile IntSupplier cacheSize = () -> 0;

  private final MeterRegistry registry;
  private final Clock clock;
  private final Tags provider;
  private final String server = ServerId.here().hash();
  private final Map<Key, Used> used =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Used> eldest) {
          if (size() <= MOST_KEYS) {
            return false;
          }
          registry.remove(eldest.getValue().times());
          registry.remove(eldest.getValue().gauge());
          return true;
        }
      };

  /** Those of each service, which has them as long as the process is there. */
  static Function<String, KmsMeters> byName(MeterRegistry registry) {
    Map<String, KmsMeters> known = new ConcurrentHashMap<>();
    return name -> known.computeIfAbsent(name, n -> new KmsMeters(registry, n, Clock.systemUTC()));
  }

  KmsMeters(MeterRegistry registry, String name, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    this.provider = Tags.of("provider_name", name);
  }

  /** How many data keys are known; asked when somebody reads the metrics. */
  void cache(IntSupplier size) {
    cacheSize = size;
    Gauge.builder(PREFIX + "dek_source_cache_size", this, meters -> meters.cacheSize.getAsInt())
        .description("Data keys that are known without asking the service")
        .tags(provider)
        .strongReference(true)
        .register(registry);
  }

  /** A value was written with a key of the service. */
  void sealed(String keyId) {
    use("to_storage", keyId);
  }

  /** A value was read that was written with a key of the service. */
  void opened(String keyId) {
    use("from_storage", keyId);
  }

  private void use(String way, String keyId) {
    synchronized (used) {
      Used meters = used.computeIfAbsent(new Key(way, keyId), this::meters);
      meters.times().increment();
      meters.last().set(clock.millis());
    }
  }

  private Used meters(Key key) {
    Tags tags =
        provider
            .and("transformation_type", key.way(), "key_id_hash", ServerId.sha256(key.id()))
            .and("apiserver_id_hash", server);
    AtomicLong last = new AtomicLong();
    return new Used(
        Counter.builder(PREFIX + "key_id_hash_total")
            .description("How often a key of the service was used")
            .tags(tags)
            .register(registry),
        Gauge.builder(PREFIX + "key_id_hash_last_timestamp_seconds", last, at -> at.get() / 1000.0)
            .description("When a key of the service was last used, in seconds since 1970")
            .tags(tags)
            .register(registry),
        last);
  }

  /** Times a call of the service. */
  <T> Future<T> timed(String method, Future<T> call) {
    long began = System.nanoTime();
    return call.onComplete(done ->
        Timer.builder(PREFIX + "kms_operations_latency_seconds")
            .description("Time the key management service took to answer")
            .tags(provider)
            .tag("method_name", method)
            .tag("grpc_status_code", done.succeeded() ? "OK" : SocketCalls.code(done.cause()))
            .serviceLevelObjectives(BUCKETS)
            .register(registry)
            .record(System.nanoTime() - began, TimeUnit.NANOSECONDS));
  }
}
