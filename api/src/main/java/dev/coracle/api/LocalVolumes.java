package dev.coracle.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What the parts of the built-in storage class agree on (ADR 0120): the controllers make volumes of
 * it, the kubelet of the volume's node makes and clears away their directories.
 */
public final class LocalVolumes {

  /** The provisioner that StorageClasses name. */
  public static final String PROVISIONER = "coracle.dev/local";

  /** Annotation of a Node: the directory in which it makes local volumes. */
  public static final String DIRECTORY = "coracle.dev/local-volumes";

  /**
   * Annotation of a PersistentVolume: the name of its Node. As a label, by which the node finds its
   * volumes, it has {@link #label}.
   */
  public static final String NODE = "coracle.dev/node";

  /** Finalizer of a PersistentVolume whose directory is to be removed before it goes. */
  public static final String FINALIZER = "coracle.dev/local-volume";

  /** Who made a PersistentVolume; upstream's annotation. */
  public static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  private static final int LONGEST_LABEL = 63;

  private LocalVolumes() {}

  /** A node's name where a label can hold it, else a hash of it. */
  public static String label(String node) {
    if (node.length() <= LONGEST_LABEL) {
      return node;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(node.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + HexFormat.of().formatHex(hash, 0, 20);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether this PersistentVolume is of the built-in class. */
  public static boolean is(KubeObject volume) {
    return volume.annotation(PROVISIONED_BY).orElse("").equals(PROVISIONER);
  }
}
