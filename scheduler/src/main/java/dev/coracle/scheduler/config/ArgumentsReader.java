package dev.coracle.scheduler.config;

import static dev.coracle.scheduler.config.Fields.number;
import static dev.coracle.scheduler.config.Fields.only;
import static dev.coracle.scheduler.config.Fields.texts;
import static dev.coracle.scheduler.config.Fields.wrong;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@code profiles[].pluginConfig}, of one profile after the other. */
final class ArgumentsReader {

  private Duration bindTimeout = SchedulerOptions.DEFAULT.bindTimeout();
  private @Nullable Duration said;

  /** How long volumes are waited for, by all profiles read. */
  Duration bindTimeout() {
    return bindTimeout;
  }

  PluginArguments read(JsonNode configs, String at) {
    Map<String, JsonNode> byPlugin = new HashMap<>();
    for (int i = 0; i < configs.size(); i++) {
      String here = at + "[" + i + "]";
      only(configs.get(i), here, Set.of("name", "args"));
      String plugin = configs.get(i).path("name").asText("");
      JsonNode args = configs.get(i).path("args");
      if (byPlugin.put(plugin, args) != null) {
        throw wrong(here + ": repeated config for plugin " + plugin);
      }
    }
    PluginArguments ordinary = PluginArguments.DEFAULT;
    ScoringStrategy fit = ordinary.fit();
    List<String> ignored = ordinary.ignoredResources();
    List<String> ignoredGroups = ordinary.ignoredResourceGroups();
    List<String> balanced = ordinary.balanced();
    int hardWeight = ordinary.hardPodAffinityWeight();
    boolean ignoresWishes = ordinary.ignorePreferredTermsOfExistingPods();
    JsonNode addedAffinity = ordinary.addedAffinity();
    SpreadDefaults spread = ordinary.spread();
    PreemptionLimits preemption = ordinary.preemption();
    for (Map.Entry<String, JsonNode> config : byPlugin.entrySet()) {
      JsonNode args = config.getValue();
      String here = at + "[" + config.getKey() + "].args";
      switch (config.getKey()) {
        case "NodeResourcesFit" -> {
          arguments(
              args, here, Set.of("scoringStrategy", "ignoredResources", "ignoredResourceGroups"));
          fit = fit(args, here);
          ignored = texts(args.path("ignoredResources"));
          ignoredGroups = texts(args.path("ignoredResourceGroups"));
          for (String group : ignoredGroups) {
            if (group.contains("/")) {
              throw wrong(here + ".ignoredResourceGroups: resource group name can't contain '/'");
            }
          }
        }
        case "NodeResourcesBalancedAllocation" -> {
          arguments(args, here, Set.of("resources"));
          balanced = args.path("resources").isEmpty() ? balanced : balanced(args, here);
        }
        case "InterPodAffinity" -> {
          arguments(
              args, here, Set.of("hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"));
          hardWeight = number(args, "hardPodAffinityWeight", hardWeight, 0, 100);
          ignoresWishes = args.path("ignorePreferredTermsOfExistingPods").asBoolean(false);
        }
        case "NodeAffinity" -> {
          arguments(args, here, Set.of("addedAffinity"));
          addedAffinity = args.path("addedAffinity");
          only(
              addedAffinity,
              here + ".addedAffinity",
              Set.of(
                  "requiredDuringSchedulingIgnoredDuringExecution",
                  "preferredDuringSchedulingIgnoredDuringExecution"));
        }
        case "PodTopologySpread" -> {
          arguments(args, here, Set.of("defaultConstraints", "defaultingType"));
          spread = spread(args, here);
        }
        case "DefaultPreemption" -> {
          arguments(args, here, Set.of("minCandidateNodesPercentage", "minCandidateNodesAbsolute"));
          preemption = preemption(args, here);
        }
        case "VolumeBinding" ->
            bindTimeout(arguments(args, here, Set.of("bindTimeoutSeconds")), here);
        default ->
            throw wrong(
                at
                    + ": there are arguments of DefaultPreemption, InterPodAffinity, NodeAffinity,"
                    + " NodeResourcesBalancedAllocation, NodeResourcesFit, PodTopologySpread and"
                    + " VolumeBinding, none of \""
                    + config.getKey()
                    + "\"");
      }
    }
    return new PluginArguments(
        fit,
        ignored,
        ignoredGroups,
        balanced,
        hardWeight,
        ignoresWishes,
        addedAffinity,
        spread,
        preemption);
  }

  private static List<String> balanced(JsonNode args, String at) {
    List<String> names = new ArrayList<>();
    for (JsonNode resource : args.path("resources")) {
      only(resource, at + ".resources", Set.of("name", "weight"));
      if (number(resource, "weight", 1, 0, 100) != 1) {
        throw wrong(at + ".resources: a resource's weight is 1, for all count the same");
      }
      names.add(resource.path("name").asText(""));
    }
    return names;
  }

  private static SpreadDefaults spread(JsonNode args, String at) {
    String type = args.path("defaultingType").asText("System");
    JsonNode listed = args.path("defaultConstraints");
    switch (type) {
      case "System" -> {
        if (!listed.isEmpty()) {
          throw wrong(at + ".defaultingType: when it is System, defaultConstraints must be empty");
        }
        return SpreadDefaults.SYSTEM;
      }
      case "List" -> {}
      default -> throw wrong(at + ".defaultingType: is System or List, not \"" + type + "\"");
    }
    List<SpreadDefaults.Constraint> constraints = new ArrayList<>();
    for (JsonNode one : listed) {
      String here = at + ".defaultConstraints";
      only(one, here, Set.of("maxSkew", "topologyKey", "whenUnsatisfiable"));
      String key = one.path("topologyKey").asText("");
      if (key.isEmpty()) {
        throw wrong(here + ".topologyKey: can not be empty");
      }
      boolean hard =
          switch (one.path("whenUnsatisfiable").asText("")) {
            case "DoNotSchedule" -> true;
            case "ScheduleAnyway" -> false;
            default -> throw wrong(here + ".whenUnsatisfiable: is DoNotSchedule or ScheduleAnyway");
          };
      int skew = number(one, "maxSkew", 0, 0, Integer.MAX_VALUE);
      if (skew == 0) {
        throw wrong(here + ".maxSkew: not a valid maximum skew; must be greater than 0");
      }
      constraints.add(new SpreadDefaults.Constraint(key, skew, hard));
    }
    return new SpreadDefaults(false, constraints);
  }

  private static PreemptionLimits preemption(JsonNode args, String at) {
    PreemptionLimits ordinary = PreemptionLimits.DEFAULT;
    PreemptionLimits limits =
        new PreemptionLimits(
            number(args, "minCandidateNodesPercentage", ordinary.percentage(), 0, 100),
            number(args, "minCandidateNodesAbsolute", ordinary.absolute(), 0, Integer.MAX_VALUE));
    if (limits.percentage() == 0 && limits.absolute() == 0) {
      throw wrong(
          at + ": both minCandidateNodesPercentage and minCandidateNodesAbsolute cannot be zero");
    }
    return limits;
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
}
