package dev.coracle.controllers.internal.volume;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Informer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Optional;

/** How many volumes and claims are bound and are not, under upstream's names and labels. */
final class VolumeMetrics {

  private static final String PV = "Gauge measuring number of persistent volume currently ";
  private static final String PVC = "Gauge measuring number of persistent volume claim currently ";

  private VolumeMetrics() {}

  static void follow(MeterRegistry registry, Informer volumes, Informer claims) {
    new Tally(registry, "pv_collector_bound_pv_count", PV + "bound")
        .follow(volumes, v -> isBound(v) ? Optional.of(ofClass(v)) : Optional.empty());
    new Tally(registry, "pv_collector_unbound_pv_count", PV + "unbound")
        .follow(volumes, v -> isBound(v) ? Optional.empty() : Optional.of(ofClass(v)));
    new Tally(
            registry,
            "pv_collector_total_pv_count",
            "Gauge measuring total number of persistent volumes")
        .follow(
            volumes,
            v -> Optional.of(Tags.of("plugin_name", plugin(v), "volume_mode", Matching.mode(v))));
    new Tally(registry, "pv_collector_bound_pvc_count", PVC + "bound")
        .follow(claims, c -> isBound(c) ? Optional.of(ofClaim(c)) : Optional.empty());
    new Tally(registry, "pv_collector_unbound_pvc_count", PVC + "unbound")
        .follow(claims, c -> isBound(c) ? Optional.empty() : Optional.of(ofClaim(c)));
  }

  private static boolean isBound(KubeObject object) {
    return object.text("status", "phase").equals("Bound");
  }

  private static Tags ofClass(KubeObject object) {
    return Tags.of("storage_class", object.text("spec", "storageClassName"));
  }

  private static Tags ofClaim(KubeObject claim) {
    return ofClass(claim)
        .and(
            "namespace",
            claim.namespace(),
            "volume_attributes_class",
            claim.text("spec", "volumeAttributesClassName"));
  }

  /** What upstream calls the plugin of a volume. */
  private static String plugin(KubeObject volume) {
    if (volume.at("spec", "csi").isObject()) {
      return plugin(volume.text("spec", "csi", "driver"));
    }
    if (volume.at("spec", "local").isObject()) {
      return "kubernetes.io/local-volume";
    }
    if (volume.at("spec", "nfs").isObject()) {
      return "kubernetes.io/nfs";
    }
    return volume.at("spec", "hostPath").isObject() ? "kubernetes.io/host-path" : "N/A";
  }

  /** That of a storage driver. */
  static String plugin(String driver) {
    return "kubernetes.io/csi:" + driver;
  }
}
