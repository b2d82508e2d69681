package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.config.PluginArguments;
import dev.coracle.scheduler.spi.Amounts;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The pod's requests must fit beside those already there; which nodes are better by what is left is
 * {@link ResourceScoring}'s.
 */
public final class NodeResourcesFit implements Plugin.Filter, Plugin.Score {

  private final Predicate<String> ofDevices;
  private final ResourceScoring scoring;
  private final Set<String> ignored;
  private final Set<String> ignoredGroups;

  /**
   * @param ofDevices whether a resource is asked of devices where a node's plugins have none of it
   */
  public NodeResourcesFit(Predicate<String> ofDevices, PluginArguments arguments) {
    this.scoring = new ResourceScoring(arguments.fit());
    this.ignored = Set.copyOf(arguments.ignoredResources());
    this.ignoredGroups = Set.copyOf(arguments.ignoredResourceGroups());
    this.ofDevices = ofDevices;
  }

  @Override
  public String name() {
    return "NodeResourcesFit";
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case ASSIGNED_POD -> event.removed() || gaveUp(event, pod);
      case OWN_POD, DEVICE_CLASS -> true;
      case NODE ->
          event.now() != null
              && (event.before() == null
                  || !event
                      .before()
                      .at("status", "allocatable")
                      .equals(event.now().at("status", "allocatable")));
      default -> false;
    };
  }

  /** Whether another pod takes less now of something that this one wants. */
  private static boolean gaveUp(ClusterEvent event, PodInfo pod) {
    KubeObject before = event.before();
    KubeObject now = event.now();
    if (before == null || now == null) {
      return false;
    }
    Amounts had = new PodInfo(before).requests();
    Amounts has = new PodInfo(now).requests();
    return pod.requests().asMap().keySet().stream().anyMatch(name -> has.get(name) < had.get(name));
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    // Upstream's order: the number of pods, cpu, memory, ephemeral storage, then the rest.
    if (node.pods().size() + 1 > node.allocatable().get("pods")) {
      return new Verdict.Unschedulable(name(), "Too many pods");
    }
    Amounts wanted = pod.requests();
    if (wanted.fitsInto(node.allocatable(), node.requested())) {
      return Verdict.OK;
    }
    TreeSet<String> lacking = new TreeSet<>();
    boolean never = false;
    for (Map.Entry<String, Long> want : wanted.asMap().entrySet()) {
      if (isIgnored(want.getKey())) {
        continue;
      }
      long all = node.allocatable().get(want.getKey());
      if (all == 0 && want.getValue() > 0 && ofDevices.test(want.getKey())) {
        continue; // Devices are counted by DynamicResources.
      }
      if (want.getValue() > 0 && want.getValue() > all - node.requested().get(want.getKey())) {
        lacking.add("Insufficient " + want.getKey());
        never |= want.getValue() > all;
      }
    }
    if (lacking.isEmpty()) {
      return Verdict.OK;
    }
    String reason = String.join("\n", lacking);
    return never
        ? new Verdict.Unresolvable(name(), reason)
        : new Verdict.Unschedulable(name(), reason);
  }

  /** Only extended resources can be, which have a domain of their own. */
  private boolean isIgnored(String resource) {
    int slash = resource.indexOf('/');
    return slash > 0
        && !resource.substring(0, slash).endsWith("kubernetes.io")
        && (ignored.contains(resource) || ignoredGroups.contains(resource.substring(0, slash)));
  }

  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    return scoring.score(pod, nodes);
  }
}
