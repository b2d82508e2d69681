package dev.coracle.kubelet.internal.runtime;

/**
 * The labels and annotations by which containers of the runtime are known as a pod's, as upstream
 * writes them.
 */
public final class Labels {
  public static final String POD_NAME = "io.kubernetes.pod.name";
  public static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
  public static final String POD_UID = "io.kubernetes.pod.uid";
  public static final String CONTAINER_NAME = "io.kubernetes.container.name";

  public static final String HASH = "io.kubernetes.container.hash";
  public static final String RESTART_COUNT = "io.kubernetes.container.restartCount";
  public static final String TERMINATION_PATH = "io.kubernetes.container.terminationMessagePath";
  public static final String TERMINATION_POLICY =
      "io.kubernetes.container.terminationMessagePolicy";
  public static final String PORTS = "io.kubernetes.container.ports";
  public static final String PRE_STOP = "io.kubernetes.container.preStopHandler";

  /** What {@link RestartAll#since} was when it was made; not upstream's. */
  public static final String TURN = "coracle.dev/restart-all-since";

  public static final String GRACE_PERIOD = "io.kubernetes.pod.terminationGracePeriod";

  private Labels() {}
}
