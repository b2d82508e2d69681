package dev.coracle.scheduler.internal;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.TreeMap;

/**
 * How often each plugin was asked, of filters node by node ({@code
 * scheduler_plugin_evaluation_total}). Counted on the scheduler's context, where to count costs as
 * good as nothing; read from any thread, perhaps a moment old.
 */
public final class PluginEvaluations {

  /** Of one plugin at one extension point. */
  public static final class Count {
    private long times;

    public void asked() {
      times++;
    }
  }

  private final MeterRegistry registry;
  private final String profile;

  /** Meters hold what they read only weakly. */
  private final Map<String, Count> counts = new TreeMap<>();

  public PluginEvaluations(MeterRegistry registry, String profile) {
    this.registry = registry;
    this.profile = profile;
  }

  /**
   * @param point as upstream names it
   */
  public Count of(String plugin, String point) {
    return counts.computeIfAbsent(
        point + "/" + plugin,
        _ -> {
          Count count = new Count();
          FunctionCounter.builder("scheduler_plugin_evaluation_total", count, c -> c.times)
              .description("How often a plugin was asked at an extension point")
              .tags("plugin", plugin, "extension_point", point, "profile", profile)
              .register(registry);
          return count;
        });
  }
}
