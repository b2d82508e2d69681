package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.scheduler.config.PluginChoice.Choice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
  private Duration bindTimeout = SchedulerOptions.DEFAULT.bindTimeout();
  private @Nullable Duration said;

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
              ordinary.schedulerName(),
              percentage,
              ordinary.plugins(),
              ordinary.fit(),
              ordinary.hardPodAffinityWeight(),
              ordinary.ignorePreferredTermsOfExistingPods()));
    }
    return new SchedulerOptions(
        profiles,
        Duration.ofSeconds(initial),
        Duration.ofSeconds(most),
        bindTimeout,
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
    ScoringStrategy fit = ScoringStrategy.DEFAULT;
    int hardWeight = Profile.DEFAULT.hardPodAffinityWeight();
    boolean ignoresWishes = false;
    JsonNode configs = profile.path("pluginConfig");
    for (int i = 0; i < configs.size(); i++) {
      String here = at + ".pluginConfig[" + i + "]";
      only(configs.get(i), here, Set.of("name", "args"));
      String plugin = configs.get(i).path("name").asText("");
      JsonNode args = configs.get(i).path("args");
      here += ".args";
      switch (plugin) {
        case "NodeResourcesFit" ->
            fit = fit(arguments(args, here, Set.of("scoringStrategy")), here);
        case "InterPodAffinity" -> {
          arguments(
              args, here, Set.of("hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"));
          hardWeight = number(args, "hardPodAffinityWeight", 1, 0, 100);
          ignoresWishes = args.path("ignorePreferredTermsOfExistingPods").asBoolean(false);
        }
        case "VolumeBinding" ->
            bindTimeout(arguments(args, here, Set.of("bindTimeoutSeconds")), here);
        default ->
            throw wrong(
                at
                    + ".pluginConfig["
                    + i
                    + "]: there are arguments of NodeResourcesFit, InterPodAffinity and"
                    + " VolumeBinding, none of \""
                    + plugin
                    + "\"");
      }
    }
    return new Profile(
        name.isEmpty() ? Profile.DEFAULT.schedulerName() : name,
        number(profile, "percentageOfNodesToScore", percentage, 0, 100),
        plugins(profile.path("plugins"), at + ".plugins"),
        fit,
        hardWeight,
        ignoresWishes);
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

  private static ScoringStrategy fit(JsonNode args, String at) {
    String here = at + ".scoringStrategy";
    JsonNode strategy = args.path("scoringStrategy");
    only(strategy, here, Set.of("type", "resources", "requestedToCapacityRatio"));
    String said = strategy.path("type").asText(ScoringStrategy.Type.LEAST_ALLOCATED.said());
    ScoringStrategy.Type type = null;
    for (ScoringStrategy.Type one : ScoringStrategy.Type.values()) {
      type = one.said().equals(said) ? one : type;
    }
    if (type == null) {
      throw wrong(here + ".type: \"" + said + "\" is no scoring strategy");
    }
    Map<String, Integer> weights = new HashMap<>();
    for (JsonNode resource : strategy.path("resources")) {
      only(resource, here + ".resources", Set.of("name", "weight"));
      weights.put(resource.path("name").asText(""), number(resource, "weight", 1, 1, 100));
    }
    List<ScoringStrategy.Point> shape = new ArrayList<>();
    int before = -1;
    for (JsonNode point : strategy.path("requestedToCapacityRatio").path("shape")) {
      int utilization = number(point, "utilization", 0, 0, 100);
      if (utilization <= before) {
        throw wrong(
            here
                + ".requestedToCapacityRatio.shape: utilization values must be sorted in increasing"
                + " order");
      }
      before = utilization;
      shape.add(new ScoringStrategy.Point(utilization, number(point, "score", 0, 0, 10)));
    }
    if (shape.isEmpty() && type == ScoringStrategy.Type.REQUESTED_TO_CAPACITY_RATIO) {
      throw wrong(here + ".requestedToCapacityRatio.shape: at least one point must be specified");
    }
    return new ScoringStrategy(
        type, weights.isEmpty() ? ScoringStrategy.DEFAULT.weights() : weights, shape);
  }

  /** Volumes are waited for in one place, so all profiles wait for as long. */
  private void bindTimeout(JsonNode args, String at) {
    Duration wanted =
        Duration.ofSeconds(
            number(
                args, "bindTimeoutSeconds", (int) bindTimeout.toSeconds(), 0, Integer.MAX_VALUE));
    if (said != null && !said.equals(wanted)) {
      throw wrong(at + ".bindTimeoutSeconds: is the same in all profiles");
    }
    said = wanted;
    bindTimeout = wanted;
  }

  private static JsonNode arguments(JsonNode args, String at, Set<String> fields) {
    Set<String> all = new HashSet<>(fields);
    all.addAll(Set.of("apiVersion", "kind"));
    only(args, at, all);
    return args;
  }

  private static void only(JsonNode object, String at, Set<String> fields) {
    object
        .fieldNames()
        .forEachRemaining(field -> {
          if (!fields.contains(field)) {
            throw wrong(
                "unknown field \""
                    + (at.isEmpty() ? field : at + "." + field)
                    + "\"; known are "
                    + String.join(", ", fields.stream().sorted().toList()));
          }
        });
  }

  private static int number(JsonNode object, String field, int ordinary, int least, int most) {
    JsonNode value = object.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return ordinary;
    }
    if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
      throw wrong(
          field
              + ": is a number "
              + (most == Integer.MAX_VALUE ? "from " + least : "from " + least + " to " + most)
              + ", not "
              + value);
    }
    return value.asInt();
  }

  private static IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(what);
  }
}
