package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pod goes where its volumes' zones and regions are, which volumes have as labels, as those of
 * cloud providers' old plugins have them; several zones stand in one label with two underscores
 * between.
 */
public final class VolumeZone implements Plugin.PreFilter, Plugin.Filter {

  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final String REGION = "topology.kubernetes.io/region";

  /** What the labels were called once, and are called now. */
  private static final Map<String, String> RENAMED =
      Map.of(
          "failure-domain.beta.kubernetes.io/zone", ZONE,
          "failure-domain.beta.kubernetes.io/region", REGION);

  private static final List<String> LABELS =
      List.of(
          ZONE,
          REGION,
          "failure-domain.beta.kubernetes.io/zone",
          "failure-domain.beta.kubernetes.io/region");

  /** The pod's volumes that say where they are. */
  private record Placed(List<KubeObject> volumes) {}

  private final Lister claims;
  private final Lister volumes;

  public VolumeZone(Lister claims, Lister volumes) {
    this.claims = claims;
    this.volumes = volumes;
  }

  @Override
  public String name() {
    return "VolumeZone";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case VOLUME_CLAIM, VOLUME, STORAGE_CLASS, NODE -> true;
      case ASSIGNED_POD,
          OWN_POD,
          NAMESPACE,
          CSI_NODE,
          RESOURCE_CLAIM,
          RESOURCE_SLICE,
          DEVICE_CLASS,
          DEVICE_TAINT_RULE ->
          false;
    };
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    List<KubeObject> placed =
        PodVolumes.known(pod.pod(), claims).stream()
            .map(claim -> claim.text("spec", "volumeName"))
            .map(name -> volumes.get("", name))
            .flatMap(Optional::stream)
            .filter(volume -> LABELS.stream().anyMatch(volume.labels()::containsKey))
            .toList();
    if (!placed.isEmpty()) {
      state.put(Placed.class, new Placed(placed));
    }
    return Verdict.OK;
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return state.get(Placed.class) != null;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    Placed placed = state.get(Placed.class);
    return placed == null || placed.volumes.stream().allMatch(v -> reaches(v, node.node()))
        ? Verdict.OK
        : new Verdict.Unresolvable(name(), "node(s) had no available volume zone");
  }

  /** A node that says of no zone at all is in the only one there is. */
  private static boolean reaches(KubeObject volume, KubeObject node) {
    Map<String, String> labels = node.labels();
    if (LABELS.stream().noneMatch(labels::containsKey)) {
      return true;
    }
    for (String label : LABELS) {
      String where = volume.labels().get(label);
      if (where != null) {
        String here = labels.get(label);
        if (here == null) {
          here = labels.get(RENAMED.getOrDefault(label, label));
        }
        if (here == null || !List.of(where.split("__")).contains(here)) {
          return false;
        }
      }
    }
    return true;
  }
}
