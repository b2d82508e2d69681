package dev.coracle.kubelet.internal.metrics;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The metrics of volumes: how many there are, and how long it takes to make one ready and to give
 * it back. Plugins are named as upstream names them, {@code kubernetes.io/configmap}. Safe for any
 * thread.
 */
public final class VolumeOperations {
  static final double[] BOUNDS = {.1, .25, .5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600};

  private record Operation(String plugin, String name, boolean succeeded) {}

  private record Counts(AtomicLong desired, AtomicLong actual) {}

  private final KubeletMeters meters;
  private final Map<Operation, Timer> operations = new ConcurrentHashMap<>();
  private final Map<String, Timer> overall = new ConcurrentHashMap<>();
  private final Map<String, Counts> counts = new ConcurrentHashMap<>();

  VolumeOperations(KubeletMeters meters) {
    this.meters = meters;
  }

  /**
   * @param name {@code volume_mount} or {@code volume_unmount}, {@code map_volume} or {@code
   *     unmap_volume} of a block device, {@code verify_controller_attached_volume} of one that is
   *     waited for
   */
  public void done(String plugin, String name, boolean succeeded, Duration took) {
    operations.computeIfAbsent(new Operation(plugin, name, succeeded), this::timer).record(took);
  }

  private Timer timer(Operation operation) {
    return meters.timer(
        "storage_operation_duration_seconds",
        "Storage operation duration",
        Tags.of(
            "volume_plugin",
            operation.plugin,
            "operation_name",
            operation.name,
            "status",
            operation.succeeded ? "success" : "fail-unknown",
            "migrated",
            "false"),
        BOUNDS);
  }

  /**
   * A pod has a volume, by how long after it was to have it.
   *
   * @param took with all attempts, and the time until it was attached
   */
  public void overall(String plugin, Duration took) {
    overall
        .computeIfAbsent(
            plugin,
            p ->
                meters.timer(
                    "volume_operation_total_seconds",
                    "Storage operation end to end duration in seconds",
                    Tags.of("plugin_name", p, "operation_name", "overall_volume_mount"),
                    BOUNDS))
        .record(took);
  }

  /** A pod is to have a volume. */
  public void desired(String plugin) {
    counts(plugin).desired.incrementAndGet();
  }

  /** It has it. */
  public void mounted(String plugin) {
    counts(plugin).actual.incrementAndGet();
  }

  /**
   * A volume is not to be there any more.
   *
   * @param was whether it was
   */
  public void gone(String plugin, boolean was) {
    counts(plugin).desired.decrementAndGet();
    if (was) {
      counts(plugin).actual.decrementAndGet();
    }
  }

  private Counts counts(String plugin) {
    return counts.computeIfAbsent(
        plugin,
        p -> new Counts(count(p, "desired_state_of_world"), count(p, "actual_state_of_world")));
  }

  private AtomicLong count(String plugin, String state) {
    return meters.number(
        "volume_manager_total_volumes",
        "Number of volumes in Volume Manager",
        Tags.of("plugin_name", plugin, "state", state));
  }
}
