package dev.coracle.kubelet.internal.csi;

import java.nio.file.Path;

/** Where volumes of drivers stand, and what they are called, as upstream has it. */
final class CsiPaths {
  static final String DIRECTORY = "kubernetes.io~csi";
  static final String MOUNT = "mount";

  private CsiPaths() {}

  /** What is no pod's. */
  static Path root(Path root) {
    return root.resolve("plugins").resolve("kubernetes.io").resolve("csi");
  }

  static Path staging(Path root, String driver, String handle) {
    return root(root).resolve(driver).resolve(PublishedVolume.hash(handle)).resolve("globalmount");
  }

  /** What of block volumes is not a pod's: one directory for each, and those below. */
  static Path devices(Path root) {
    return root(root).resolve("volumeDevices");
  }

  /** Where a block volume is staged. */
  static Path deviceStaging(Path root, String volume) {
    return devices(root).resolve("staging").resolve(volume);
  }

  /** Where a driver puts a block volume's device, by the uid of each pod. */
  static Path devicePublish(Path root, String volume) {
    return devices(root).resolve("publish").resolve(volume);
  }

  /** Where it is written down whose a block volume is. */
  static Path deviceData(Path root, String volume) {
    return devices(root).resolve(volume).resolve("data");
  }

  /** The name of the VolumeAttachment. */
  static String attachment(String driver, String handle, String node) {
    return "csi-" + PublishedVolume.hash(handle + driver + node);
  }

  static String uniqueName(String driver, String handle) {
    return "kubernetes.io/csi/" + driver + "^" + handle;
  }
}
