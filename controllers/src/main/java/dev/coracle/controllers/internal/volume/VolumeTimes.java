package dev.coracle.controllers.internal.volume;

import dev.coracle.api.NamespacedName;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How long it takes from the first attempt until a claim has a volume that is made for it, and
 * until a volume that is to go has gone, whoever does it; under upstream's names and buckets. Owned
 * by the controllers' context.
 */
final class VolumeTimes {

  private static final Duration[] BUCKETS =
      Stream.of(100, 250, 500, 1000, 2500, 5000, 10000, 15000, 25000, 50000, 120000, 300000, 600000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Operation(String plugin, String name, Instant begun) {}

  private final MeterRegistry registry;
  private final Supplier<Instant> clock;
  private final Map<NamespacedName, Operation> underWay = new HashMap<>();

  VolumeTimes(MeterRegistry registry, Supplier<Instant> clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /**
   * @param key of a claim, or of a volume
   * @param plugin the provisioner
   * @param name {@code provision} or {@code delete}
   */
  void begun(NamespacedName key, String plugin, String name) {
    underWay.computeIfAbsent(key, _ -> new Operation(plugin, name, clock.get()));
  }

  /** An attempt has come to nothing; there may be others. */
  void failed(NamespacedName key) {
    Operation operation = underWay.get(key);
    if (operation != null) {
      registry.counter("volume_operation_total_errors", tags(operation)).increment();
    }
  }

  void ended(NamespacedName key) {
    Operation operation = underWay.remove(key);
    if (operation != null) {
      Timer.builder("volume_operation_total_seconds")
          .description("Storage operation end to end duration in seconds")
          .tags(tags(operation))
          .serviceLevelObjectives(BUCKETS)
          .register(registry)
          .record(Duration.between(operation.begun, clock.get()));
    }
  }

  private static Tags tags(Operation operation) {
    return Tags.of("plugin_name", operation.plugin, "operation_name", operation.name);
  }

  void forget(NamespacedName key) {
    underWay.remove(key);
  }
}
