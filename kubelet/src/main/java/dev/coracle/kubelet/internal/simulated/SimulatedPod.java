package dev.coracle.kubelet.internal.simulated;

import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.ContainerStatus;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxNetworkStatus;
import dev.coracle.cri.v1.PodSandboxState;
import dev.coracle.cri.v1.PodSandboxStatus;
import java.util.LinkedHashMap;
import java.util.Map;

/** A sandbox that is only pretended, with its containers. Guarded by the runtime that holds it. */
final class SimulatedPod {

  /** One container; times are nanoseconds since 1970, 0 for not yet. */
  static final class Box {
    final String id;
    final ContainerConfig config;
    final long createdAt;
    long startedAt;
    long finishedAt;
    int exitCode;
    String reason = "";

    Box(String id, ContainerConfig config, long now) {
      this.id = id;
      this.config = config;
      this.createdAt = now;
    }

    ContainerState state() {
      return finishedAt > 0
          ? ContainerState.CONTAINER_EXITED
          : startedAt > 0 ? ContainerState.CONTAINER_RUNNING : ContainerState.CONTAINER_CREATED;
    }
  }

  final String id;
  final PodSandboxConfig config;
  final Behaviour behaviour;
  final Map<String, Box> boxes = new LinkedHashMap<>(2);
  private final long createdAt;
  private final String ip;
  boolean ready = true;

  /**
   * @param ip empty on the host's network
   */
  SimulatedPod(String id, PodSandboxConfig config, Behaviour behaviour, String ip, long now) {
    this.id = id;
    this.config = config;
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

  private PodSandboxState state() {
    return ready ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
  }

  PodSandbox listed() {
    return PodSandbox.newBuilder()
        .setId(id)
        .setMetadata(config.getMetadata())
        .setState(state())
        .setCreatedAt(createdAt)
        .putAllLabels(config.getLabelsMap())
        .build();
  }

  PodSandboxStatus status() {
    PodSandboxStatus.Builder out =
        PodSandboxStatus.newBuilder()
            .setId(id)
            .setMetadata(config.getMetadata())
            .setState(state())
            .setCreatedAt(createdAt)
            .putAllLabels(config.getLabelsMap())
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
        .setMetadata(box.config.getMetadata())
        .setImage(box.config.getImage())
        .setImageRef(box.config.getImage().getImage())
        .setState(box.state())
        .setCreatedAt(box.createdAt)
        .putAllLabels(box.config.getLabelsMap())
        .build();
  }

  ContainerStatus status(Box box) {
    return ContainerStatus.newBuilder()
        .setId(box.id)
        .setMetadata(box.config.getMetadata())
        .setState(box.state())
        .setCreatedAt(box.createdAt)
        .setStartedAt(box.startedAt)
        .setFinishedAt(box.finishedAt)
        .setExitCode(box.exitCode)
        .setReason(box.reason)
        .setImage(box.config.getImage())
        .setImageRef(box.config.getImage().getImage())
        .putAllLabels(box.config.getLabelsMap())
        .putAllAnnotations(box.config.getAnnotationsMap())
        .setLogPath(config.getLogDirectory() + "/" + box.config.getLogPath())
        .build();
  }
}
