package dev.coracle.api;

/**
 * What the parts of the built-in storage class agree on (ADR 0120): the controllers make volumes of
 * it, the kubelet of the volume's node makes and clears away their directories.
 */
public final class LocalVolumes {

  /** The provisioner that StorageClasses name. */
  public static final String PROVISIONER = "coracle.dev/local";

  /** Annotation of a Node: the directory in which it makes local volumes. */
  public static final String DIRECTORY = "coracle.dev/local-volumes";

  /** Annotation of a PersistentVolume: the name of its Node. */
  public static final String NODE = "coracle.dev/node";

  /** Finalizer of a PersistentVolume whose directory is to be removed before it goes. */
  public static final String FINALIZER = "coracle.dev/local-volume";

  /** Who made a PersistentVolume; upstream's annotation. */
  public static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  private LocalVolumes() {}

  /** Whether this PersistentVolume is of the built-in class. */
  public static boolean is(KubeObject volume) {
    return volume.annotation(PROVISIONED_BY).orElse("").equals(PROVISIONER);
  }
}
