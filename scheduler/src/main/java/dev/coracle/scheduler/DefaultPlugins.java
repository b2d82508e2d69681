package dev.coracle.scheduler;

import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.config.Profile;
import dev.coracle.scheduler.internal.dra.BindingConditions;
import dev.coracle.scheduler.internal.dra.DeviceClassNames;
import dev.coracle.scheduler.internal.dra.DynamicResources;
import dev.coracle.scheduler.internal.plugins.BalancedAllocation;
import dev.coracle.scheduler.internal.plugins.ClaimWaiters;
import dev.coracle.scheduler.internal.plugins.DefaultBinder;
import dev.coracle.scheduler.internal.plugins.ImageLocality;
import dev.coracle.scheduler.internal.plugins.InterPodAffinity;
import dev.coracle.scheduler.internal.plugins.NodeAffinity;
import dev.coracle.scheduler.internal.plugins.NodeDeclaredFeatures;
import dev.coracle.scheduler.internal.plugins.NodeName;
import dev.coracle.scheduler.internal.plugins.NodePorts;
import dev.coracle.scheduler.internal.plugins.NodeResourcesFit;
import dev.coracle.scheduler.internal.plugins.NodeUnschedulable;
import dev.coracle.scheduler.internal.plugins.NodeVolumeLimits;
import dev.coracle.scheduler.internal.plugins.PodTopologySpread;
import dev.coracle.scheduler.internal.plugins.SchedulingGates;
import dev.coracle.scheduler.internal.plugins.StorageCapacity;
import dev.coracle.scheduler.internal.plugins.TaintToleration;
import dev.coracle.scheduler.internal.plugins.VolumeBinding;
import dev.coracle.scheduler.internal.plugins.VolumeRestrictions;
import dev.coracle.scheduler.internal.plugins.VolumeZone;
import dev.coracle.scheduler.spi.Plugin;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The plugins, in the order in which they run at every extension point. The queue's order
 * (priority, then time) and preemption are not in the list, since there is one of each.
 */
final class DefaultPlugins {

  /** What plugins that look beyond pods and nodes read. */
  record Sources(
      Client client,
      Lister claims,
      Lister volumes,
      Lister classes,
      Lister csiNodes,
      Lister attachments,
      StorageCapacity capacity,
      Lister resourceClaims,
      Lister resourceSlices,
      Lister deviceClasses,
      Lister deviceTaintRules,
      Lister services,
      DeviceClassNames deviceClassNames,
      ClaimWaiters waiters,
      BindingConditions deviceConditions,
      EventRecorder events) {}

  private DefaultPlugins() {}

  /** Those that hold something for pods are one for all profiles. */
  record Held(VolumeBinding volumes, DynamicResources devices) {
    static Held of(Sources sources, Duration bindTimeout, MeterRegistry registry) {
      return new Held(
          new VolumeBinding( // pre-filter, filter, reserve, pre-bind
              sources.client(),
              sources.claims(),
              sources.volumes(),
              sources.classes(),
              sources.capacity(),
              sources.waiters(),
              bindTimeout,
              registry),
          new DynamicResources( // pre-filter, filter, post-filter, reserve, pre-bind
              sources.client(),
              sources.resourceClaims(),
              sources.resourceSlices(),
              sources.deviceClasses(),
              sources.deviceTaintRules(),
              sources.deviceClassNames(),
              sources.deviceConditions(),
              sources.events()));
    }
  }

  /** All that a configuration may name. */
  static final Set<String> NAMES =
      Set.of(
          "SchedulingGates",
          "NodeUnschedulable",
          "NodeName",
          "NodeDeclaredFeatures",
          "TaintToleration",
          "NodeAffinity",
          "NodePorts",
          "NodeResourcesFit",
          "VolumeRestrictions",
          "NodeVolumeLimits",
          "VolumeBinding",
          "VolumeZone",
          "DynamicResources",
          "PodTopologySpread",
          "InterPodAffinity",
          "NodeResourcesBalancedAllocation",
          "ImageLocality",
          "DefaultBinder",
          "DefaultPreemption",
          "PrioritySort");

  static List<Plugin> ordered(Sources sources, Held held, Profile profile) {
    return List.of(
        new SchedulingGates(), // pre-enqueue
        new NodeUnschedulable(), // filter
        new NodeName(), // filter
        new NodeDeclaredFeatures(), // filter
        new TaintToleration(), // filter, score 3
        new NodeAffinity(profile.arguments().addedAffinity()), // filter, score 2
        new NodePorts(), // filter
        new NodeResourcesFit(
            sources.deviceClassNames()::isOfDevices, profile.arguments()), // filter, score 1
        new VolumeRestrictions(sources.claims()), // pre-filter, filter
        new NodeVolumeLimits( // filter
            sources.claims(),
            sources.volumes(),
            sources.classes(),
            sources.csiNodes(),
            sources.attachments()),
        held.volumes(), // pre-filter, filter, reserve, pre-bind
        new VolumeZone(sources.claims(), sources.volumes()), // pre-filter, filter
        held.devices(), // pre-filter, filter, post-filter, reserve, pre-bind
        new PodTopologySpread(
            profile.arguments().spread(), sources.services()), // pre-filter, filter, score 2
        new InterPodAffinity(
            profile.arguments().hardPodAffinityWeight(),
            profile
                .arguments()
                .ignorePreferredTermsOfExistingPods()), // pre-filter, filter, score 2
        new BalancedAllocation(profile.arguments().balanced()), // score 1
        new ImageLocality(), // score 1
        new DefaultBinder(sources.client())); // bind
  }
}
