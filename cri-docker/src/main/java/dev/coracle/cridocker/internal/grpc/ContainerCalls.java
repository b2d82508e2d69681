package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.*;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.Statuses;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.Streams;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.util.List;

/** CRI's calls on containers: their life, their state, their resources and their logs. */
final class ContainerCalls {
  private final Calls calls;
  private final ContainerService containers;

  ContainerCalls(Calls calls, ContainerService containers) {
    this.calls = calls;
    this.containers = containers;
  }

  Future<CreateContainerResponse> createContainer(CreateContainerRequest request) {
    return calls.run(
        "CreateContainer",
        () ->
            CreateContainerResponse.newBuilder()
                .setContainerId(containers.create(request.getPodSandboxId(), request.getConfig()))
                .build());
  }

  Future<StartContainerResponse> startContainer(StartContainerRequest request) {
    return calls.run(
        "StartContainer",
        () -> {
          containers.start(request.getContainerId());
          return StartContainerResponse.getDefaultInstance();
        });
  }

  Future<StopContainerResponse> stopContainer(StopContainerRequest request) {
    return calls.run(
        "StopContainer",
        () -> {
          containers.stop(request.getContainerId(), request.getTimeout());
          return StopContainerResponse.getDefaultInstance();
        });
  }

  Future<RemoveContainerResponse> removeContainer(RemoveContainerRequest request) {
    return calls.run(
        "RemoveContainer",
        () -> {
          containers.remove(request.getContainerId());
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

  private List<Container> list(ContainerFilter filter) throws IOException {
    return containers.summaries().stream()
        .filter(c -> c.getId().startsWith(filter.getId()))
        .filter(c -> c.getPodSandboxId().startsWith(filter.getPodSandboxId()))
        .filter(c -> !filter.hasState() || c.getState() == filter.getState().getState())
        .filter(
            c -> c.getLabelsMap().entrySet().containsAll(filter.getLabelSelectorMap().entrySet()))
        .toList();
  }

  Future<ContainerStatusResponse> containerStatus(ContainerStatusRequest request) {
    return calls.run(
        "ContainerStatus",
        () -> {
          JsonNode c = containers.require(request.getContainerId());
          ContainerStatusResponse.Builder b =
              ContainerStatusResponse.newBuilder().setStatus(Statuses.container(c));
          if (request.getVerbose()) {
            b.putInfo("info", "{\"pid\":%d}".formatted(c.path("State").path("Pid").asInt()));
          }
          return b.build();
        });
  }

  Future<UpdateContainerResourcesResponse> updateContainerResources(
      UpdateContainerResourcesRequest request) {
    return calls.run(
        "UpdateContainerResources",
        () -> {
          containers.update(request.getContainerId(), request.getLinux());
          return UpdateContainerResourcesResponse.getDefaultInstance();
        });
  }

  Future<ReopenContainerLogResponse> reopenContainerLog(ReopenContainerLogRequest request) {
    return calls.run(
        "ReopenContainerLog",
        () -> {
          containers.reopenLog(request.getContainerId());
          return ReopenContainerLogResponse.getDefaultInstance();
        });
  }
}
