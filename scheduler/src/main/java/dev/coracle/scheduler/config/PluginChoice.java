package dev.coracle.scheduler.config;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which plugins of a profile work at which extension points. All do that have the point, except
 * those that are turned off there; {@code multiPoint} stands for all points, and one point's word
 * is heard before it.
 *
 * @param sets by extension point, as {@code profiles[].plugins} names them
 */
public record PluginChoice(Map<String, Choice> sets) {

  /** Stands for every plugin, where plugins are turned off. */
  public static final String ALL = "*";

  static final String EVERYWHERE = "multiPoint";
  private static final String SCORE = "score";

  /** The points that a configuration may name. */
  static final List<String> POINTS =
      List.of(
          "preEnqueue",
          "queueSort",
          "preFilter",
          "filter",
          "postFilter",
          "preScore",
          "score",
          "reserve",
          "permit",
          "preBind",
          "bind",
          "postBind",
          EVERYWHERE);

  /**
   * @param enabled by name, with the weight; 0: the plugin's own
   */
  public record Choice(Map<String, Integer> enabled, Set<String> disabled) {
    public Choice {
      enabled = Map.copyOf(enabled);
      disabled = Set.copyOf(disabled);
    }

    private boolean turnsOff(String plugin) {
      return (disabled.contains(ALL) || disabled.contains(plugin)) && !enabled.containsKey(plugin);
    }
  }

  /** All work everywhere. */
  public static final PluginChoice DEFAULT = new PluginChoice(Map.of());

  public PluginChoice {
    sets = Map.copyOf(sets);
  }

  /** Whether a plugin that has this point works there. */
  public boolean runs(String plugin, String point) {
    Choice here = sets.get(point);
    if (here != null && here.enabled().containsKey(plugin)) {
      return true;
    }
    if (here != null && here.turnsOff(plugin)) {
      return false;
    }
    Choice everywhere = sets.get(EVERYWHERE);
    return everywhere == null || !everywhere.turnsOff(plugin);
  }

  /** What the plugin's scores weigh. */
  public int weight(String plugin, int own) {
    for (String point : List.of(SCORE, EVERYWHERE)) {
      Choice choice = sets.get(point);
      int weight = choice == null ? 0 : choice.enabled().getOrDefault(plugin, 0);
      if (weight > 0) {
        return weight;
      }
    }
    return own;
  }
}
