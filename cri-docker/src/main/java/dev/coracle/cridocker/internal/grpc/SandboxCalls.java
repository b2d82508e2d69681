package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.*;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.SandboxService;
import dev.coracle.cridocker.internal.pod.Statuses;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.Streams;
import dev.coracle.criruntime.server.Times;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** CRI's calls on pod sandboxes: their life, their state and the list of them. */
final class SandboxCalls {
  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;

  SandboxCalls(Calls calls, SandboxService sandboxes, ContainerService containers) {
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  Future<RunPodSandboxResponse> runPodSandbox(RunPodSandboxRequest request) {
    return calls.run(
        "RunPodSandbox",
        () ->
            RunPodSandboxResponse.newBuilder()
                .setPodSandboxId(sandboxes.run(request.getConfig(), request.getRuntimeHandler()))
                .build());
  }

  Future<StopPodSandboxResponse> stopPodSandbox(StopPodSandboxRequest request) {
    return calls.run(
        "StopPodSandbox",
        () -> {
          String id = id(request.getPodSandboxId());
          for (JsonNode c : containers.ofSandbox(id)) {
            containers.stop(c.path("Id").asText(), 0);
          }
          sandboxes.stop(id);
          return StopPodSandboxResponse.getDefaultInstance();
        });
  }

  /** The whole id; of a sandbox that is gone already, what was given. */
  private String id(String given) throws IOException {
    return sandboxes.find(given).map(s -> s.path("Id").asText()).orElse(given);
  }

  Future<RemovePodSandboxResponse> removePodSandbox(RemovePodSandboxRequest request) {
    return calls.run(
        "RemovePodSandbox",
        () -> {
          String id = id(request.getPodSandboxId());
          for (JsonNode c : containers.ofSandbox(id)) {
            containers.remove(c.path("Id").asText());
          }
          sandboxes.remove(id);
          return RemovePodSandboxResponse.getDefaultInstance();
        });
  }

  Future<PodSandboxStatusResponse> podSandboxStatus(PodSandboxStatusRequest request) {
    return calls.run(
        "PodSandboxStatus",
        () -> {
          JsonNode s = sandboxes.require(request.getPodSandboxId());
          String id = s.path("Id").asText();
          PodSandboxStatusResponse.Builder b =
              PodSandboxStatusResponse.newBuilder()
                  .setStatus(Statuses.sandbox(s, sandboxes.addresses(id)))
                  .setTimestamp(Times.now());
          for (JsonNode c : containers.ofSandbox(id)) {
            Optional<JsonNode> found = containers.find(c.path("Id").asText());
            found.ifPresent(f -> b.addContainersStatuses(Statuses.container(f)));
          }
          if (request.getVerbose()) {
            b.putInfo("info", "{\"pid\":%d}".formatted(s.path("State").path("Pid").asInt()));
          }
          return b.build();
        });
  }

  Future<ListPodSandboxResponse> listPodSandbox(ListPodSandboxRequest request) {
    return calls.run(
        "ListPodSandbox",
        () -> ListPodSandboxResponse.newBuilder().addAllItems(list(request.getFilter())).build());
  }

  void streamPodSandboxes(
      StreamPodSandboxesRequest request, WriteStream<StreamPodSandboxesResponse> response) {
    Streams.each(
        calls.run("StreamPodSandboxes", () -> list(request.getFilter())),
        response,
        part -> StreamPodSandboxesResponse.newBuilder().addAllPodSandboxes(part).build());
  }

  private List<PodSandbox> list(PodSandboxFilter filter) throws IOException {
    return sandboxes.list().stream()
        .map(Statuses::summary)
        .filter(s -> s.getId().startsWith(filter.getId()))
        .filter(s -> !filter.hasState() || s.getState() == filter.getState().getState())
        .filter(
            s -> s.getLabelsMap().entrySet().containsAll(filter.getLabelSelectorMap().entrySet()))
        .toList();
  }

  Future<UpdatePodSandboxResourcesResponse> updatePodSandboxResources(
      UpdatePodSandboxResourcesRequest request) {
    // The kubelet has resized the pod's cgroup itself; nothing of the sandbox depends on it.
    return calls.run(
        "UpdatePodSandboxResources",
        () -> {
          sandboxes.require(request.getPodSandboxId());
          return UpdatePodSandboxResourcesResponse.getDefaultInstance();
        });
  }
}
