package dev.coracle.scheduler.config;

import static dev.coracle.scheduler.config.Fields.number;
import static dev.coracle.scheduler.config.Fields.only;
import static dev.coracle.scheduler.config.Fields.wrong;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.scheduler.config.PluginChoice.Choice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a {@code KubeSchedulerConfiguration} (kubescheduler.config.k8s.io/v1). What only says how
 * kube-scheduler's process runs is read over; what would change decisions and is not known here is
 * refused. Failures are {@link IllegalArgumentException}s that name the field.
 */
public final class SchedulerConfiguration {

  private static final Set<String> READ_OVER =
      Set.of(
          "parallelism",
          "leaderElection",
          "clientConnection",
          "enableProfiling",
          "enableContentionProfiling",
          "delayCacheUntilActive");

  private final Set<String> known;
  private final ArgumentsReader arguments = new ArgumentsReader();

  private SchedulerConfiguration(Set<String> known) {
    this.known = known;
  }

  /**
   * @param plugins the names of those that there are
   */
  public static SchedulerOptions parse(JsonNode document, Set<String> plugins) {
    if (!document.path("kind").asText("").equals("KubeSchedulerConfiguration")
        || !document.path("apiVersion").asText("").equals("kubescheduler.config.k8s.io/v1")) {
      throw wrong("it is no KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1");
    }
    return new SchedulerConfiguration(plugins).options(document);
  }

  private SchedulerOptions options(JsonNode document) {
    Set<String> fields =
        new HashSet<>(
            Set.of(
                "apiVersion",
                "kind",
                "percentageOfNodesToScore",
                "podInitialBackoffSeconds",
                "podMaxBackoffSeconds",
                "profiles",
                "extenders"));
    fields.addAll(READ_OVER);
    only(document, "", fields);
    if (!document.path("extenders").isEmpty()) {
      throw wrong("extenders are not supported");
    }
    int percentage = number(document, "percentageOfNodesToScore", 0, 0, 100);
    int initial = number(document, "podInitialBackoffSeconds", 1, 1, Integer.MAX_VALUE);
    int most = number(document, "podMaxBackoffSeconds", 10, 1, Integer.MAX_VALUE);
    if (most < initial) {
      throw wrong(
          "podMaxBackoffSeconds: must be greater than or equal to podInitialBackoffSeconds");
    }
    List<Profile> profiles = new ArrayList<>();
    Set<String> names = new HashSet<>();
    JsonNode listed = document.path("profiles");
    for (int i = 0; i < listed.size(); i++) {
      Profile profile = profile(listed.get(i), "profiles[" + i + "]", percentage, listed.size());
      if (!names.add(profile.schedulerName())) {
        throw wrong(
            "profiles[" + i + "].schedulerName: duplicate \"" + profile.schedulerName() + "\"");
      }
      profiles.add(profile);
    }
    if (profiles.isEmpty()) {
      Profile ordinary = Profile.DEFAULT;
      profiles.add(
          new Profile(
              ordinary.schedulerName(), percentage, ordinary.plugins(), ordinary.arguments()));
    }
    return new SchedulerOptions(
        profiles,
        Duration.ofSeconds(initial),
        Duration.ofSeconds(most),
        arguments.bindTimeout(),
        SchedulerOptions.DEFAULT.unschedulableFlush());
  }

  private Profile profile(JsonNode profile, String at, int percentage, int count) {
    only(
        profile,
        at,
        Set.of("schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig"));
    String name = profile.path("schedulerName").asText("");
    if (name.isEmpty() && count > 1) {
      throw wrong(at + ".schedulerName: required");
    }
    return new Profile(
        name.isEmpty() ? Profile.DEFAULT.schedulerName() : name,
        number(profile, "percentageOfNodesToScore", percentage, 0, 100),
        plugins(profile.path("plugins"), at + ".plugins"),
        arguments.read(profile.path("pluginConfig"), at + ".pluginConfig"));
  }

  private PluginChoice plugins(JsonNode plugins, String at) {
    only(plugins, at, Set.copyOf(PluginChoice.POINTS));
    Map<String, Choice> sets = new HashMap<>();
    plugins
        .properties()
        .forEach(e -> {
          String here = at + "." + e.getKey();
          only(e.getValue(), here, Set.of("enabled", "disabled"));
          Map<String, Integer> enabled = new HashMap<>();
          for (JsonNode plugin : e.getValue().path("enabled")) {
            enabled.put(
                name(plugin, here + ".enabled", false), number(plugin, "weight", 0, 0, 100));
          }
          Set<String> disabled = new HashSet<>();
          for (JsonNode plugin : e.getValue().path("disabled")) {
            disabled.add(name(plugin, here + ".disabled", true));
          }
          sets.put(e.getKey(), new Choice(enabled, disabled));
        });
    PluginChoice choice = new PluginChoice(sets);
    if (!choice.runs("DefaultBinder", "bind")) {
      throw wrong(at + ".bind: at least one bind plugin is needed");
    }
    if (!choice.runs("PrioritySort", "queueSort")) {
      throw wrong(at + ".queueSort: one queue sort plugin is needed");
    }
    if (!choice.runs("SchedulingGates", "preEnqueue")) {
      throw wrong(at + ".preEnqueue: SchedulingGates cannot be turned off");
    }
    return choice;
  }

  private String name(JsonNode plugin, String at, boolean all) {
    only(plugin, at, Set.of("name", "weight"));
    String name = plugin.path("name").asText("");
    if (!known.contains(name) && !(all && name.equals(PluginChoice.ALL))) {
      throw wrong(
          at
              + ": there is no plugin \""
              + name
              + "\"; there are "
              + String.join(", ", known.stream().sorted().toList()));
    }
    return name;
  }
}
