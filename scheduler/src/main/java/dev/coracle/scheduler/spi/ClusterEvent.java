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
    NODE,
    ASSIGNED_POD,
    /** The waiting pod itself was changed. */
    OWN_POD,
    NAMESPACE,
    VOLUME_CLAIM,
    VOLUME,
    STORAGE_CLASS,
    CSI_NODE,
    RESOURCE_CLAIM,
    RESOURCE_SLICE,
    DEVICE_CLASS,
    DEVICE_TAINT_RULE
  }

  public boolean removed() {
    return now == null;
  }
}
