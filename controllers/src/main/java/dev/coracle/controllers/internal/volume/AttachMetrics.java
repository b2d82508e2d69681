package dev.coracle.controllers.internal.volume;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Informer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How many volumes are attached, and are to be, and how long that takes, under upstream's names,
 * labels and buckets. Owned by the controllers' context.
 */
final class AttachMetrics {

  private static final Duration[] BUCKETS =
      Stream.of(100, 250, 500, 1000, 2500, 5000, 10000, 15000, 25000, 50000, 120000, 300000, 600000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** By plugin, what one node's pods use: volumes, and each once for every pod. */
  private record Used(long volumes, long uses) {
    static final Used NONE = new Used(0, 0);
  }

  private final MeterRegistry registry;
  private final Supplier<Instant> clock;
  private final Tally total;
  private final Tally inUse;
  private final Map<String, Map<String, Used>> byNode = new HashMap<>();
  private final Map<String, Instant> attaching = new HashMap<>();
  private final Map<String, Instant> detaching = new HashMap<>();

  AttachMetrics(MeterRegistry registry, Informer attachments, Supplier<Instant> clock) {
    this.registry = registry;
    this.clock = clock;
    this.total =
        new Tally(
                registry,
                "attachdetach_controller_total_volumes",
                "Number of volumes in A/D Controller")
            .follow(
                attachments,
                a ->
                    isAttached(a)
                        ? Optional.of(
                            state(
                                VolumeMetrics.plugin(a.text("spec", "attacher")),
                                "actual_state_of_world"))
                        : Optional.empty());
    this.inUse =
        new Tally(
            registry,
            "storage_count_attachable_volumes_in_use",
            "Measure number of volumes in use");
    attachments.addHandler(
        new Informer.Handler() {
          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (isAttached(now)) {
              ended(attaching, now, "volume_attach");
            } else if (hasFailed(now, before, "attachError") && attaching.containsKey(now.name())) {
              measured(now, "volume_attach", false, attaching.get(now.name()));
            } else if (hasFailed(now, before, "detachError") && detaching.containsKey(now.name())) {
              measured(now, "volume_detach", false, detaching.get(now.name()));
            }
          }

          @Override
          public void deleted(KubeObject last) {
            attaching.remove(last.name());
            ended(detaching, last, "volume_detach");
          }
        });
  }

  private static boolean isAttached(KubeObject attachment) {
    return attachment.at("status", "attached").asBoolean(false);
  }

  private static boolean hasFailed(KubeObject now, KubeObject before, String error) {
    return now.at("status", error).isObject()
        && !now.at("status", error).equals(before.at("status", error));
  }

  private static Tags state(String plugin, String state) {
    return Tags.of("plugin_name", plugin, "state", state);
  }

  void attaching(String attachment) {
    attaching.put(attachment, clock.get());
  }

  void detaching(String attachment) {
    detaching.put(attachment, clock.get());
  }

  /**
   * A volume is taken from a node that may have it still.
   *
   * @param reason {@code timeout} or {@code out-of-service}
   */
  void forced(String reason) {
    registry.counter("attachdetach_controller_forced_detaches", "reason", reason).increment();
  }

  private void ended(Map<String, Instant> begun, KubeObject attachment, String operation) {
    Instant since = begun.remove(attachment.name());
    if (since != null) {
      measured(attachment, operation, true, since);
    }
  }

  private void measured(KubeObject attachment, String operation, boolean good, Instant since) {
    Timer.builder("storage_operation_duration_seconds")
        .description("Storage operation duration")
        .tags(
            Tags.of(
                "volume_plugin",
                VolumeMetrics.plugin(attachment.text("spec", "attacher")),
                "operation_name",
                operation,
                "status",
                good ? "success" : "fail-unknown",
                "migrated",
                "false"))
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(Duration.between(since, clock.get()));
  }

  /**
   * What a node's pods use now.
   *
   * @param users by volume
   * @param drivers by volume
   */
  void wanted(String node, Map<String, List<KubeObject>> users, Map<String, String> drivers) {
    Map<String, Used> now = new HashMap<>();
    users.forEach((volume, pods) ->
        now.merge(
            VolumeMetrics.plugin(drivers.getOrDefault(volume, "")),
            new Used(1, pods.size()),
            (a, b) -> new Used(a.volumes + b.volumes, a.uses + b.uses)));
    Map<String, Used> before = byNode.getOrDefault(node, Map.of());
    TreeSet<String> plugins = new TreeSet<>(before.keySet());
    plugins.addAll(now.keySet());
    for (String plugin : plugins) {
      Used was = before.getOrDefault(plugin, Used.NONE);
      Used is = now.getOrDefault(plugin, Used.NONE);
      total.add(state(plugin, "desired_state_of_world"), is.volumes - was.volumes);
      inUse.add(Tags.of("node", node, "volume_plugin", plugin), is.uses - was.uses);
    }
    if (now.isEmpty()) {
      byNode.remove(node);
    } else {
      byNode.put(node, now);
    }
  }
}
