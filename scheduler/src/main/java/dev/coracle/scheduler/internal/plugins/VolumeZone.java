package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.KubeObject;
import java.util.List;
import java.util.Map;

/**
 * Zones and regions that volumes have as labels, as those of cloud providers' old plugins have
 * them; several zones stand in one label with two underscores between.
 */
final class VolumeZones {

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

  private VolumeZones() {}

  /** A node that says of no zone at all is in the only one there is. */
  static boolean reach(KubeObject volume, KubeObject node) {
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
