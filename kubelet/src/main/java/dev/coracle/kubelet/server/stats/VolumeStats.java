package dev.coracle.kubelet.server.stats;

import org.jspecify.annotations.Nullable;

/**
 * A volume's file system.
 *
 * @param name name in the pod's spec
 * @param claimName PersistentVolumeClaim behind it, in the pod's namespace; null for other volumes
 */
public record VolumeStats(String name, FsStats fs, @Nullable String claimName) {}
