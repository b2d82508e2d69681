package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.config.EvictionSignal;

/**
 * What lies on the file system that runs short: only that is tidied, and only that counts when it
 * is asked which pod is to go.
 *
 * @param images of the runtime
 * @param layers what containers have written to their own root
 * @param files logs and emptyDirs, which lie with the kubelet
 */
record DiskParts(boolean images, boolean layers, boolean files) {
  private static final DiskParts ALL = new DiskParts(true, true, true);
  private static final DiskParts NONE = new DiskParts(false, false, false);

  /**
   * @param ownImages whether images have a file system of their own
   * @param layersWithImages whether containers' writable layers lie with the images
   */
  static DiskParts of(EvictionSignal signal, boolean ownImages, boolean layersWithImages) {
    return switch (signal) {
      case MEMORY_AVAILABLE, PID_AVAILABLE -> NONE;
      case IMAGEFS_AVAILABLE, IMAGEFS_INODES_FREE ->
          ownImages ? new DiskParts(true, layersWithImages, false) : ALL;
      case NODEFS_AVAILABLE, NODEFS_INODES_FREE ->
          ownImages ? new DiskParts(false, !layersWithImages, true) : ALL;
      case CONTAINERFS_AVAILABLE, CONTAINERFS_INODES_FREE ->
          ownImages ? new DiskParts(layersWithImages, true, !layersWithImages) : ALL;
    };
  }
}
