package dev.coracle.kubelet.internal.simulated;

import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.ContainerStatus;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.cri.v1.PodSandboxNetworkStatus;
import dev.coracle.cri.v1.PodSandboxState;
import dev.coracle.cri.v1.PodSandboxStatus;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A sandbox that is only pretended, with its containers. Of their configurations it keeps what can
 * be asked for again and no more, since there may be ten thousand. Guarded by the runtime that
 * holds it.
 */
final class SimulatedPod {

  /** One container; times are nanoseconds since 1970, 0 for not yet. */
  static final class Box {
    final String id;
    private final String name;
    private final int attempt;
    private final String image;
    private final String logPath;
    private final Map<String, String> labels;
    private final Map<String, String> annotations;
    private final long createdAt;
    long startedAt;
    long finishedAt;
    int exitCode;
    String reason = "";

    Box(String id, ContainerConfig config, long now) {
      this.id = id;
      this.name = config.getMetadata().getName();
      this.attempt = config.getMetadata().getAttempt();
      this.image = config.getImage().getImage();
      this.logPath = config.getLogPath();
      this.labels = Map.copyOf(config.getLabelsMap());
      this.annotations = Map.copyOf(config.getAnnotationsMap());
      this.createdAt = now;
    }

    private ContainerMetadata.Builder metadata() {
      return ContainerMetadata.newBuilder().setName(name).setAttempt(attempt);
    }

    private ImageSpec.Builder image() {
      return ImageSpec.newBuilder().setImage(image);
    }

    private ContainerState state() {
      return finishedAt > 0
          ? ContainerState.CONTAINER_EXITED
          : startedAt > 0 ? ContainerState.CONTAINER_RUNNING : ContainerState.CONTAINER_CREATED;
    }

    boolean hasLabels(Map<String, String> wanted) {
      return labels.entrySet().containsAll(wanted.entrySet());
    }
  }

  final String id;
  final Behaviour behaviour;
  final Map<String, Box> boxes = new LinkedHashMap<>(2);
  private final PodSandboxMetadata metadata;
  private final String logDirectory;
  private final Map<String, String> labels;
  private final long createdAt;
  private final String ip;
  boolean ready = true;

  /**
   * @param ip empty on the host's network
   */
  SimulatedPod(String id, PodSandboxConfig config, Behaviour behaviour, String ip, long now) {
    this.id = id;
    this.metadata = config.getMetadata();
    this.logDirectory = config.getLogDirectory();
    this.labels = Map.copyOf(config.getLabelsMap());
    this.behaviour = behaviour;
    this.ip = ip;
    this.createdAt = now;
  }

  static boolean onHostNetwork(PodSandboxConfig config) {
    return config.getLinux().getSecurityContext().getNamespaceOptions().getNetwork()
        == NamespaceMode.NODE;
  }

  String ip() {
    return ip;
  }

  String uid() {
    return metadata.getUid();
  }

  boolean hasLabels(Map<String, String> wanted) {
    return labels.entrySet().containsAll(wanted.entrySet());
  }

  private PodSandboxState state() {
    return ready ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
  }

  PodSandbox listed() {
    return PodSandbox.newBuilder()
        .setId(id)
        .setMetadata(metadata)
        .setState(state())
        .setCreatedAt(createdAt)
        .putAllLabels(labels)
        .build();
  }

  PodSandboxStatus status() {
    PodSandboxStatus.Builder out =
        PodSandboxStatus.newBuilder()
            .setId(id)
            .setMetadata(metadata)
            .setState(state())
            .setCreatedAt(createdAt)
            .putAllLabels(labels)
            .setNetwork(PodSandboxNetworkStatus.newBuilder().setIp(ip));
    if (ip.isEmpty()) {
      out.getLinuxBuilder()
          .getNamespacesBuilder()
          .getOptionsBuilder()
          .setNetwork(NamespaceMode.NODE);
    }
    return out.build();
  }

  Container listed(Box box) {
    return Container.newBuilder()
        .setId(box.id)
        .setPodSandboxId(id)
        .setMetadata(box.metadata())
        .setImage(box.image())
        .setImageRef(box.image)
        .setState(box.state())
        .setCreatedAt(box.createdAt)
        .putAllLabels(box.labels)
        .build();
  }

  ContainerStatus status(Box box) {
    return ContainerStatus.newBuilder()
        .setId(box.id)
        .setMetadata(box.metadata())
        .setState(box.state())
        .setCreatedAt(box.createdAt)
        .setStartedAt(box.startedAt)
        .setFinishedAt(box.finishedAt)
        .setExitCode(box.exitCode)
        .setReason(box.reason)
        .setImage(box.image())
        .setImageRef(box.image)
        .putAllLabels(box.labels)
        .putAllAnnotations(box.annotations)
        .setLogPath(logDirectory + "/" + box.logPath)
        .build();
  }
}
