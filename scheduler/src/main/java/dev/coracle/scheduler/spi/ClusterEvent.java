package dev.coracle.scheduler.spi;

import dev.coracle.api.KubeObject;
import org.jspecify.annotations.Nullable;

/**
 * Something happened that may make a pod schedulable. Plugins that reject pods say by {@link
 * Plugin#mayHelp} which events could change their mind.
 *
 * @param before null where the object came to be
 * @param now null where it is gone
 */
public record ClusterEvent(Kind kind, @Nullable KubeObject before, @Nullable KubeObject now) {

  public enum Kind {
    NODE("Node"),
    ASSIGNED_POD("AssignedPod"),
    /** The waiting pod itself was changed. */
    OWN_POD("UnschedulablePod"),
    NAMESPACE("Namespace"),
    VOLUME_CLAIM("PersistentVolumeClaim"),
    VOLUME("PersistentVolume"),
    STORAGE_CLASS("storage.k8s.io/StorageClass"),
    CSI_NODE("storage.k8s.io/CSINode"),
    RESOURCE_CLAIM("resource.k8s.io/ResourceClaim"),
    RESOURCE_SLICE("resource.k8s.io/ResourceSlice"),
    DEVICE_CLASS("resource.k8s.io/DeviceClass"),
    DEVICE_TAINT_RULE("resource.k8s.io/DeviceTaintRule");

    private final String resource;

    Kind(String resource) {
      this.resource = resource;
    }
  }

  /** As metrics name it, such as {@code AssignedPodDelete}. */
  public String label() {
    return kind.resource + (before == null ? "Add" : now == null ? "Delete" : "Update");
  }

  public boolean removed() {
    return now == null;
  }
}
