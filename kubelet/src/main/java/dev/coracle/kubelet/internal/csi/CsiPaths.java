package dev.coracle.kubelet.internal.csi;

import java.nio.file.Path;

/** Where volumes of drivers stand, and what they are called, as upstream has it. */
final class CsiPaths {
  static final String DIRECTORY = "kubernetes.io~csi";
  static final String MOUNT = "mount";

  private CsiPaths() {}

  static Path staging(Path root, String driver, String handle) {
    return root.resolve("plugins")
        .resolve("kubernetes.io")
        .resolve("csi")
        .resolve(driver)
        .resolve(PublishedVolume.hash(handle))
        .resolve("globalmount");
  }

  /** The name of the VolumeAttachment. */
  static String attachment(String driver, String handle, String node) {
    return "csi-" + PublishedVolume.hash(handle + driver + node);
  }

  static String uniqueName(String driver, String handle) {
    return "kubernetes.io/csi/" + driver + "^" + handle;
  }
}
