package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;

/**
 * What the plugins of one profile are told ({@code profiles[].pluginConfig}).
 *
 * @param fit how NodeResourcesFit scores
 * @param ignoredResources extended resources that NodeResourcesFit does not look at
 * @param ignoredResourceGroups the same, of all names before whose slash one of these stands
 * @param balanced the resources of which NodeResourcesBalancedAllocation wants as much in use of
 *     one as of the other
 * @param hardPodAffinityWeight what a required affinity of a pod already there is worth to one that
 *     it picks
 * @param ignorePreferredTermsOfExistingPods whether the wishes of pods already there do not count
 * @param addedAffinity a node affinity that all pods have beside their own; missing for none
 */
public record PluginArguments(
    ScoringStrategy fit,
    List<String> ignoredResources,
    List<String> ignoredResourceGroups,
    List<String> balanced,
    int hardPodAffinityWeight,
    boolean ignorePreferredTermsOfExistingPods,
    JsonNode addedAffinity,
    SpreadDefaults spread,
    PreemptionLimits preemption) {

  /** Upstream's. */
  public static final PluginArguments DEFAULT =
      new PluginArguments(
          ScoringStrategy.DEFAULT,
          List.of(),
          List.of(),
          List.of("cpu", "memory"),
          1,
          false,
          MissingNode.getInstance(),
          SpreadDefaults.SYSTEM,
          PreemptionLimits.DEFAULT);

  public PluginArguments {
    ignoredResources = List.copyOf(ignoredResources);
    ignoredResourceGroups = List.copyOf(ignoredResourceGroups);
    balanced = List.copyOf(balanced);
  }
}
