package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.ContainerEventResponse;
import dev.coracle.cri.v1.ContainerEventType;
import dev.coracle.cri.v1.ContainerResources;
import dev.coracle.cri.v1.ContainerStatus;
import dev.coracle.cri.v1.ContainerUser;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.LinuxContainerUser;
import dev.coracle.cri.v1.LinuxPodSandboxStatus;
import dev.coracle.cri.v1.Namespace;
import dev.coracle.cri.v1.PodIP;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxNetworkStatus;
import dev.coracle.cri.v1.PodSandboxState;
import dev.coracle.cri.v1.PodSandboxStatus;
import dev.coracle.criruntime.ImageReference;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerRecord;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.container.ProcessSpec;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.server.StopSignals;
import java.util.List;
import java.util.Map;

/** Sandboxes and containers as the protocol's messages. */
public final class Statuses {
  private Statuses() {}

  static PodSandboxState state(Sandbox s) {
    return s.record().ready() ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
  }

  static PodSandboxStatus status(Sandbox s) {
    PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
    List<String> ips = s.record().ips();
    if (!ips.isEmpty() && s.record().ready()) {
      network.setIp(ips.getFirst());
      ips.stream().skip(1).forEach(ip -> network.addAdditionalIps(PodIP.newBuilder().setIp(ip)));
    }
    return PodSandboxStatus.newBuilder()
        .setId(s.id())
        .setMetadata(s.config().getMetadata())
        .setState(state(s))
        .setCreatedAt(s.record().createdAt())
        .setNetwork(network)
        .setLinux(
            LinuxPodSandboxStatus.newBuilder()
                .setNamespaces(Namespace.newBuilder().setOptions(s.namespaces())))
        .putAllLabels(s.config().getLabelsMap())
        .putAllAnnotations(s.config().getAnnotationsMap())
        .setRuntimeHandler(s.handler())
        .build();
  }

  static PodSandbox summary(Sandbox s) {
    return PodSandbox.newBuilder()
        .setId(s.id())
        .setMetadata(s.config().getMetadata())
        .setState(state(s))
        .setCreatedAt(s.record().createdAt())
        .putAllLabels(s.config().getLabelsMap())
        .putAllAnnotations(s.config().getAnnotationsMap())
        .setRuntimeHandler(s.handler())
        .build();
  }

  static ContainerStatus status(Container c) {
    ContainerRecord r = c.record();
    ProcessSpec p = c.made().process();
    LinuxContainerUser.Builder user =
        LinuxContainerUser.newBuilder().setUid(p.uid()).setGid(p.gid());
    p.groups().forEach(g -> user.addSupplementalGroups(g));
    return ContainerStatus.newBuilder()
        .setId(c.id())
        .setMetadata(c.config().getMetadata())
        .setState(r.state())
        .setCreatedAt(r.createdAt())
        .setStartedAt(r.startedAt())
        .setFinishedAt(r.finishedAt())
        .setExitCode(r.exitCode())
        .setImage(ImageSpec.newBuilder().setImage(imageName(c.config().getImage())))
        .setImageRef(c.made().imageRef())
        .setImageId(c.made().imageId())
        .setReason(r.reason())
        .setMessage(r.message())
        .putAllLabels(c.config().getLabelsMap())
        .putAllAnnotations(c.config().getAnnotationsMap())
        .addAllMounts(c.config().getMountsList())
        .setLogPath(c.logPath().map(Object::toString).orElse(""))
        .setResources(ContainerResources.newBuilder().setLinux(c.resources()))
        .setUser(ContainerUser.newBuilder().setLinux(user))
        .setStopSignal(StopSignals.toProtocol(c.made().stopSignal()))
        .build();
  }

  /**
   * As containerd tells it, and so the Pod's status does: the image's full name with its tag. Of
   * one that is known by its digest alone, the image's id.
   */
  static String imageName(ImageSpec asked) {
    try {
      ImageReference name = ImageReference.parse(asked.getUserSpecifiedImage());
      return name.digest().isEmpty() ? name.toString() : asked.getImage();
    } catch (IllegalArgumentException e) {
      return asked.getImage(); // Not by a name, but by an id.
    }
  }

  private static ImageSpec image(Container c) {
    ImageSpec asked = c.config().getImage();
    return asked.getUserSpecifiedImage().isEmpty()
        ? asked
        : asked.toBuilder().setImage(asked.getUserSpecifiedImage()).build();
  }

  static dev.coracle.cri.v1.Container summary(Container c) {
    return dev.coracle.cri.v1.Container.newBuilder()
        .setId(c.id())
        .setPodSandboxId(c.sandbox().id())
        .setMetadata(c.config().getMetadata())
        .setImage(image(c))
        .setImageRef(c.made().imageRef())
        .setImageId(c.made().imageId())
        .setState(c.record().state())
        .setCreatedAt(c.record().createdAt())
        .putAllLabels(c.config().getLabelsMap())
        .putAllAnnotations(c.config().getAnnotationsMap())
        .build();
  }

  /** An event with the state of its pod; the state is missing once the sandbox is gone. */
  public static ContainerEventResponse event(
      SandboxService sandboxes,
      ContainerService containers,
      String sandboxId,
      ContainerEventType type) {
    ContainerEventResponse.Builder event =
        ContainerEventResponse.newBuilder().setContainerEventType(type);
    sandboxes
        .find(sandboxId)
        .ifPresent(s -> {
          event.setPodSandboxStatus(status(s));
          containers.ofSandbox(sandboxId).forEach(c -> event.addContainersStatuses(status(c)));
        });
    return event.build();
  }

  static boolean matches(Map<String, String> selector, Map<String, String> labels) {
    return labels.entrySet().containsAll(selector.entrySet());
  }
}
