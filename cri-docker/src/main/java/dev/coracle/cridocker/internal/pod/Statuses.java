package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerAttributes;
import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.ContainerResources;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.ContainerStatus;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cri.v1.LinuxPodSandboxStatus;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.MountPropagation;
import dev.coracle.cri.v1.Namespace;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.NamespaceOption;
import dev.coracle.cri.v1.PodIP;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxAttributes;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.cri.v1.PodSandboxNetworkStatus;
import dev.coracle.cri.v1.PodSandboxState;
import dev.coracle.cri.v1.PodSandboxStatus;
import dev.coracle.criruntime.server.StopSignals;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;

/** Docker's descriptions as the protocol's messages. */
public final class Statuses {

  /** What a container whose command could not be started ended with, as in other runtimes. */
  private static final int START_ERROR = 128;

  private Statuses() {}

  // Containers that Docker describes at length

  /** Whether it was created and nobody tried to start it. */
  static boolean isCreated(JsonNode c) {
    return state(c) == ContainerState.CONTAINER_CREATED;
  }

  static boolean hasEnded(JsonNode c) {
    return state(c) == ContainerState.CONTAINER_EXITED;
  }

  static ContainerState state(JsonNode c) {
    JsonNode state = c.path("State");
    return switch (state.path("Status").asText()) {
      case "created" ->
          failedToStart(state) ? ContainerState.CONTAINER_EXITED : ContainerState.CONTAINER_CREATED;
      case "running", "paused", "restarting" -> ContainerState.CONTAINER_RUNNING;
      case "exited", "dead", "removing" -> ContainerState.CONTAINER_EXITED;
      default -> ContainerState.CONTAINER_UNKNOWN;
    };
  }

  /** Docker leaves it created, with an exit code and the OCI runtime's words. */
  private static boolean failedToStart(JsonNode state) {
    return !state.path("Error").asText().isEmpty() || state.path("ExitCode").asInt() != 0;
  }

  public static ContainerStatus container(JsonNode c) {
    JsonNode labels = c.path("Config").path("Labels");
    JsonNode state = c.path("State");
    long created = nanos(labels.path(Labels.CREATED_AT).asText(), c.path("Created").asText());
    ContainerStatus.Builder out =
        ContainerStatus.newBuilder()
            .setId(c.path("Id").asText())
            .setMetadata(containerMetadata(c.path("Name").asText()))
            .setState(state(c))
            .setCreatedAt(created)
            .setImage(ImageSpec.newBuilder().setImage(labels.path(Labels.IMAGE).asText()))
            .setImageRef(labels.path(Labels.IMAGE_REF).asText())
            .setImageId(c.path("Image").asText())
            .putAllLabels(Labels.labels(labels))
            .putAllAnnotations(Labels.annotations(labels))
            .setLogPath(labels.path(Labels.LOG_PATH).asText())
            .setResources(ContainerResources.newBuilder().setLinux(resources(c.path("HostConfig"))))
            .setStopSignal(
                StopSignals.toProtocol(
                    StopSignals.number(c.path("Config").path("StopSignal").asText("SIGTERM"))));
    c.path("Mounts").forEach(m -> out.addMounts(mount(m)));
    if (state.path("Status").asText().equals("created") && failedToStart(state)) {
      return out.setStartedAt(created)
          .setFinishedAt(created)
          .setExitCode(START_ERROR)
          .setReason("StartError")
          .setMessage(state.path("Error").asText())
          .build();
    }
    out.setStartedAt(nanos("", state.path("StartedAt").asText()));
    if (hasEnded(c)) {
      int code = state.path("ExitCode").asInt();
      out.setFinishedAt(nanos("", state.path("FinishedAt").asText()))
          .setExitCode(code)
          .setReason(
              code == 0 ? "Completed" : state.path("OOMKilled").asBoolean() ? "OOMKilled" : "Error")
          .setMessage(state.path("Error").asText());
    }
    return out.build();
  }

  /** Docker's times are text, and the year one stands for never. */
  private static long nanos(String label, String time) {
    if (label.matches("\\d{1,18}")) {
      return Long.parseLong(label);
    }
    try {
      Instant instant = Instant.parse(time);
      return instant.getEpochSecond() < 0
          ? 0
          : instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    } catch (DateTimeParseException e) {
      return 0;
    }
  }

  private static LinuxContainerResources resources(JsonNode host) {
    return LinuxContainerResources.newBuilder()
        .setCpuShares(host.path("CpuShares").asLong())
        .setCpuQuota(host.path("CpuQuota").asLong())
        .setCpuPeriod(host.path("CpuPeriod").asLong())
        .setMemoryLimitInBytes(host.path("Memory").asLong())
        .setMemorySwapLimitInBytes(host.path("MemorySwap").asLong())
        .setCpusetCpus(host.path("CpusetCpus").asText())
        .setCpusetMems(host.path("CpusetMems").asText())
        .setOomScoreAdj(host.path("OomScoreAdj").asLong())
        .build();
  }

  private static Mount mount(JsonNode m) {
    if (m.path("Type").asText().equals("image")) {
      return Mount.newBuilder()
          .setImage(ImageSpec.newBuilder().setImage(m.path("Source").asText()))
          .setContainerPath(m.path("Destination").asText())
          .setReadonly(true)
          .build();
    }
    return Mount.newBuilder()
        .setHostPath(m.path("Source").asText())
        .setContainerPath(m.path("Destination").asText())
        .setReadonly(!m.path("RW").asBoolean(true))
        .setPropagation(
            switch (m.path("Propagation").asText()) {
              case "rslave", "slave" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
              case "rshared", "shared" -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
              default -> MountPropagation.PROPAGATION_PRIVATE;
            })
        .build();
  }

  private static ContainerMetadata containerMetadata(String name) {
    return Names.parse(name)
        .map(Names.Parsed::metadata)
        .orElseGet(ContainerMetadata::getDefaultInstance);
  }

  private static PodSandboxMetadata podMetadata(String name) {
    return Names.parse(name)
        .map(Names.Parsed::pod)
        .orElseGet(PodSandboxMetadata::getDefaultInstance);
  }

  // Containers of a list

  static String name(JsonNode listed) {
    return listed.path("Names").path(0).asText();
  }

  /**
   * The state of a container in a list.
   *
   * @return created also for one whose start failed, which only its long description tells
   */
  static ContainerState listedState(JsonNode listed) {
    return switch (listed.path("State").asText()) {
      case "created" -> ContainerState.CONTAINER_CREATED;
      case "running", "paused", "restarting" -> ContainerState.CONTAINER_RUNNING;
      case "exited", "dead", "removing" -> ContainerState.CONTAINER_EXITED;
      default -> ContainerState.CONTAINER_UNKNOWN;
    };
  }

  public static Container summary(JsonNode listed, ContainerState state) {
    JsonNode labels = listed.path("Labels");
    return Container.newBuilder()
        .setId(listed.path("Id").asText())
        .setPodSandboxId(labels.path(Labels.SANDBOX_ID).asText())
        .setMetadata(containerMetadata(name(listed)))
        .setImage(ImageSpec.newBuilder().setImage(labels.path(Labels.IMAGE).asText()))
        .setImageRef(labels.path(Labels.IMAGE_REF).asText())
        .setImageId(listed.path("ImageID").asText())
        .setState(state)
        .setCreatedAt(labels.path(Labels.CREATED_AT).asLong())
        .putAllLabels(Labels.labels(labels))
        .putAllAnnotations(Labels.annotations(labels))
        .build();
  }

  static ContainerAttributes attributes(JsonNode listed) {
    JsonNode labels = listed.path("Labels");
    return ContainerAttributes.newBuilder()
        .setId(listed.path("Id").asText())
        .setMetadata(containerMetadata(name(listed)))
        .putAllLabels(Labels.labels(labels))
        .putAllAnnotations(Labels.annotations(labels))
        .build();
  }

  // Sandboxes

  public static PodSandboxStatus sandbox(JsonNode s, List<String> addresses) {
    JsonNode labels = s.path("Config").path("Labels");
    boolean ready = s.path("State").path("Running").asBoolean();
    PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
    if (ready && !addresses.isEmpty()) {
      network.setIp(addresses.getFirst());
      addresses.stream()
          .skip(1)
          .forEach(ip -> network.addAdditionalIps(PodIP.newBuilder().setIp(ip)));
    }
    return PodSandboxStatus.newBuilder()
        .setId(s.path("Id").asText())
        .setMetadata(podMetadata(s.path("Name").asText()))
        .setState(ready ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY)
        .setCreatedAt(labels.path(Labels.CREATED_AT).asLong())
        .setNetwork(network)
        .setLinux(
            LinuxPodSandboxStatus.newBuilder()
                .setNamespaces(Namespace.newBuilder().setOptions(namespaces(s.path("HostConfig")))))
        .putAllLabels(Labels.labels(labels))
        .putAllAnnotations(Labels.annotations(labels))
        .setRuntimeHandler(labels.path(Labels.RUNTIME_HANDLER).asText())
        .build();
  }

  private static NamespaceOption namespaces(JsonNode host) {
    return NamespaceOption.newBuilder()
        .setNetwork(nodeOr(host.path("NetworkMode").asText(), NamespaceMode.POD))
        .setIpc(nodeOr(host.path("IpcMode").asText(), NamespaceMode.POD))
        .setPid(nodeOr(host.path("PidMode").asText(), NamespaceMode.CONTAINER))
        .build();
  }

  private static NamespaceMode nodeOr(String mode, NamespaceMode other) {
    return mode.equals("host") ? NamespaceMode.NODE : other;
  }

  public static PodSandbox summary(JsonNode listed) {
    JsonNode labels = listed.path("Labels");
    return PodSandbox.newBuilder()
        .setId(listed.path("Id").asText())
        .setMetadata(podMetadata(name(listed)))
        .setState(
            listed.path("State").asText().equals("running")
                ? PodSandboxState.SANDBOX_READY
                : PodSandboxState.SANDBOX_NOTREADY)
        .setCreatedAt(labels.path(Labels.CREATED_AT).asLong())
        .putAllLabels(Labels.labels(labels))
        .putAllAnnotations(Labels.annotations(labels))
        .setRuntimeHandler(labels.path(Labels.RUNTIME_HANDLER).asText())
        .build();
  }

  public static PodSandboxAttributes sandboxAttributes(JsonNode listed) {
    JsonNode labels = listed.path("Labels");
    return PodSandboxAttributes.newBuilder()
        .setId(listed.path("Id").asText())
        .setMetadata(podMetadata(name(listed)))
        .putAllLabels(Labels.labels(labels))
        .putAllAnnotations(Labels.annotations(labels))
        .build();
  }
}
