package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.config.EvictionSignal;

/**
 * Which of a pod's files lie on the file system that runs short: only those count when it is asked
 * which pod is to go.
 *
 * @param layers what containers have written to their own root
 * @param files logs and emptyDirs, which lie with the kubelet
 */
record DiskParts(boolean layers, boolean files) {
  private static final DiskParts ALL = new DiskParts(true, true);

  /**
   * @param ownImages whether images have a file system of their own
   * @param layersWithImages whether containers' writable layers lie with the images
   */
  static DiskParts of(EvictionSignal signal, boolean ownImages, boolean layersWithImages) {
    if (!ownImages) {
      return ALL;
    }
    return switch (signal) {
      case IMAGEFS_AVAILABLE, IMAGEFS_INODES_FREE -> new DiskParts(layersWithImages, false);
      case NODEFS_AVAILABLE, NODEFS_INODES_FREE -> new DiskParts(!layersWithImages, true);
      case CONTAINERFS_AVAILABLE, CONTAINERFS_INODES_FREE -> new DiskParts(true, !layersWithImages);
      case MEMORY_AVAILABLE, PID_AVAILABLE -> ALL;
    };
  }
}
