package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StorageClasses;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A node takes no more volumes of a storage driver than the driver has said in its CSINode. What is
 * attached still counts, also when the pod that had it has gone.
 */
public final class NodeVolumeLimits implements Plugin.Filter {

  private final Lister claims;
  private final Lister volumes;
  private final Lister classes;
  private final Lister csiNodes;
  private final Lister attachments;

  private static final String BY_NODE = "attachments-by-node";

  /**
   * @param attachments those of {@link #byNode}
   */
  public NodeVolumeLimits(
      Lister claims, Lister volumes, Lister classes, Lister csiNodes, Lister attachments) {
    this.claims = claims;
    this.volumes = volumes;
    this.classes = classes;
    this.csiNodes = csiNodes;
    this.attachments = attachments;
  }

  /** VolumeAttachments as this plugin looks for them. */
  public static Informer byNode(Informer attachments) {
    return attachments.addIndex(BY_NODE, a -> List.of(a.text("spec", "nodeName")));
  }

  @Override
  public String name() {
    return "NodeVolumeLimits";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case ASSIGNED_POD -> event.removed();
      case CSI_NODE, VOLUME_CLAIM, NODE -> true;
      case OWN_POD,
          NAMESPACE,
          VOLUME,
          STORAGE_CLASS,
          RESOURCE_CLAIM,
          RESOURCE_SLICE,
          DEVICE_CLASS,
          DEVICE_TAINT_RULE ->
          false;
    };
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return !byDriver(pod.pod()).isEmpty();
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    Map<String, Set<String>> wanted = byDriver(pod.pod());
    KubeObject csiNode = wanted.isEmpty() ? null : csiNodes.get("", node.name()).orElse(null);
    if (csiNode == null) {
      return Verdict.OK;
    }
    Map<String, Set<String>> there = new HashMap<>();
    for (PodInfo other : node.pods()) {
      byDriver(other.pod())
          .forEach((d, v) -> there.computeIfAbsent(d, _ -> new HashSet<>()).addAll(v));
    }
    for (KubeObject attachment : attachments.byIndex(BY_NODE, node.name())) {
      volumes
          .get("", attachment.text("spec", "source", "persistentVolumeName"))
          .ifPresent(volume ->
              there
                  .computeIfAbsent(attachment.text("spec", "attacher"), _ -> new HashSet<>())
                  .add(volume.text("spec", "csi", "volumeHandle")));
    }
    for (JsonNode driver : csiNode.at("spec", "drivers")) {
      JsonNode limit = driver.path("allocatable").path("count");
      Set<String> more = wanted.get(driver.path("name").asText(""));
      if (limit.isNumber() && more != null) {
        Set<String> all = new HashSet<>(more);
        all.addAll(there.getOrDefault(driver.path("name").asText(""), Set.of()));
        if (all.size() > limit.asLong()) {
          return new Verdict.Unschedulable(name(), "node(s) exceed max volume count");
        }
      }
    }
    return Verdict.OK;
  }

  /** Volumes of drivers; a claim without one yet counts as the one it will get. */
  private Map<String, Set<String>> byDriver(KubeObject pod) {
    Map<String, Set<String>> out = new HashMap<>();
    for (KubeObject claim : PodVolumes.known(pod, claims)) {
      String volumeName = claim.text("spec", "volumeName");
      KubeObject volume = volumeName.isEmpty() ? null : volumes.get("", volumeName).orElse(null);
      String driver =
          volume != null
              ? volume.text("spec", "csi", "driver")
              : classes
                  .get("", StorageClasses.of(claim))
                  .map(c -> c.text("provisioner"))
                  .orElse("");
      if (!driver.isEmpty()) {
        out.computeIfAbsent(driver, _ -> new HashSet<>())
            .add(
                volume != null
                    ? volume.text("spec", "csi", "volumeHandle")
                    : "claim " + claim.key());
      }
    }
    return out;
  }
}
