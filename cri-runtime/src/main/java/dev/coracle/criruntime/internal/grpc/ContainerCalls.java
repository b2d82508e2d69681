package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.Streams;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** CRI's calls on containers: their life, their state, their resources and their logs. */
final class ContainerCalls {
  /** How long a checkpoint may take where the caller does not say. */
  private static final Duration CHECKPOINT_PATIENCE = Duration.ofMinutes(2);

  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;

  ContainerCalls(Calls calls, SandboxService sandboxes, ContainerService containers) {
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  Future<CreateContainerResponse> createContainer(CreateContainerRequest request) {
    return calls.run(
        "CreateContainer",
        () -> {
          Sandbox s = sandboxes.require(request.getPodSandboxId());
          Container c = containers.create(s, request.getConfig());
          return CreateContainerResponse.newBuilder().setContainerId(c.id()).build();
        });
  }

  Future<StartContainerResponse> startContainer(StartContainerRequest request) {
    return calls.run(
        "StartContainer",
        () -> {
          Container c = containers.require(request.getContainerId());
          containers.start(c);
          return StartContainerResponse.getDefaultInstance();
        });
  }

  Future<StopContainerResponse> stopContainer(StopContainerRequest request) {
    return calls.run(
        "StopContainer",
        () -> {
          Optional<Container> c = containers.find(request.getContainerId());
          if (c.isPresent()) {
            containers.stop(c.get(), request.getTimeout());
          }
          return StopContainerResponse.getDefaultInstance();
        });
  }

  Future<RemoveContainerResponse> removeContainer(RemoveContainerRequest request) {
    return calls.run(
        "RemoveContainer",
        () -> {
          Optional<Container> c = containers.find(request.getContainerId());
          if (c.isPresent()) {
            containers.remove(c.get());
          }
          return RemoveContainerResponse.getDefaultInstance();
        });
  }

  Future<ListContainersResponse> listContainers(ListContainersRequest request) {
    return calls.run(
        "ListContainers",
        () ->
            ListContainersResponse.newBuilder()
                .addAllContainers(list(request.getFilter()))
                .build());
  }

  void streamContainers(
      StreamContainersRequest request, WriteStream<StreamContainersResponse> response) {
    Streams.each(
        calls.run("StreamContainers", () -> list(request.getFilter())),
        response,
        part -> StreamContainersResponse.newBuilder().addAllContainers(part).build());
  }

  private List<dev.coracle.cri.v1.Container> list(ContainerFilter filter) {
    return containers.list().stream()
        .filter(c -> c.id().startsWith(filter.getId()))
        .filter(c -> c.sandbox().id().startsWith(filter.getPodSandboxId()))
        .filter(c -> !filter.hasState() || c.record().state() == filter.getState().getState())
        .filter(c -> Statuses.matches(filter.getLabelSelectorMap(), c.config().getLabelsMap()))
        .map(Statuses::summary)
        .toList();
  }

  Future<ContainerStatusResponse> containerStatus(ContainerStatusRequest request) {
    return calls.run(
        "ContainerStatus",
        () -> {
          Container c = containers.require(request.getContainerId());
          ContainerStatusResponse.Builder b =
              ContainerStatusResponse.newBuilder().setStatus(Statuses.status(c));
          if (request.getVerbose()) {
            b.putInfo(
                "info",
                "{\"sandboxID\":\"%s\",\"pid\":%d}"
                    .formatted(c.sandbox().id(), c.isRunning() ? c.record().pid() : 0));
          }
          return b.build();
        });
  }

  Future<UpdateContainerResourcesResponse> updateContainerResources(
      UpdateContainerResourcesRequest request) {
    return calls.run(
        "UpdateContainerResources",
        () -> {
          containers.update(containers.require(request.getContainerId()), request.getLinux());
          return UpdateContainerResourcesResponse.getDefaultInstance();
        });
  }

  Future<CheckpointContainerResponse> checkpointContainer(CheckpointContainerRequest request) {
    return calls.run(
        "CheckpointContainer",
        () -> {
          Path location = Path.of(request.getLocation());
          if (!location.isAbsolute()) {
            throw new IllegalArgumentException("location is not absolute: " + location);
          }
          containers.checkpoint(
              containers.require(request.getContainerId()),
              location,
              request.getTimeout() > 0
                  ? Duration.ofSeconds(request.getTimeout())
                  : CHECKPOINT_PATIENCE);
          return CheckpointContainerResponse.getDefaultInstance();
        });
  }

  Future<ReopenContainerLogResponse> reopenContainerLog(ReopenContainerLogRequest request) {
    return calls.run(
        "ReopenContainerLog",
        () -> {
          containers.reopenLog(containers.require(request.getContainerId()));
          return ReopenContainerLogResponse.getDefaultInstance();
        });
  }
}
