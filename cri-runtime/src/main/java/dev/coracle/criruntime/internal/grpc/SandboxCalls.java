package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.NotFoundException;
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
        () -> {
          if (!request.getRuntimeHandler().isEmpty()) {
            throw new IllegalArgumentException(
                "no runtime for \"" + request.getRuntimeHandler() + "\" is configured");
          }
          containers.expectStart();
          Sandbox s = sandboxes.run(request.getConfig(), request.getRuntimeHandler());
          return RunPodSandboxResponse.newBuilder().setPodSandboxId(s.id()).build();
        });
  }

  Future<StopPodSandboxResponse> stopPodSandbox(StopPodSandboxRequest request) {
    return calls.run(
        "StopPodSandbox",
        () -> {
          Optional<Sandbox> s = sandboxes.find(request.getPodSandboxId());
          if (s.isPresent()) {
            stopContainers(s.get());
            sandboxes.stop(s.get());
          }
          return StopPodSandboxResponse.getDefaultInstance();
        });
  }

  private void stopContainers(Sandbox s) throws IOException {
    for (Container c : containers.ofSandbox(s.id())) {
      containers.stop(c, 0);
    }
  }

  Future<RemovePodSandboxResponse> removePodSandbox(RemovePodSandboxRequest request) {
    return calls.run(
        "RemovePodSandbox",
        () -> {
          Optional<Sandbox> s = sandboxes.find(request.getPodSandboxId());
          if (s.isPresent()) {
            for (Container c : containers.ofSandbox(s.get().id())) {
              containers.remove(c);
            }
            sandboxes.remove(s.get());
          }
          return RemovePodSandboxResponse.getDefaultInstance();
        });
  }

  Future<PodSandboxStatusResponse> podSandboxStatus(PodSandboxStatusRequest request) {
    return calls.run(
        "PodSandboxStatus",
        () -> {
          Sandbox s = sandboxes.require(request.getPodSandboxId());
          PodSandboxStatusResponse.Builder b =
              PodSandboxStatusResponse.newBuilder()
                  .setStatus(Statuses.status(s))
                  .setTimestamp(Times.now());
          containers.ofSandbox(s.id()).forEach(c -> b.addContainersStatuses(Statuses.status(c)));
          if (request.getVerbose()) {
            b.putInfo(
                "info",
                "{\"pid\":%d,\"runtimeSpec\":{},\"netns\":\"%s\"}"
                    .formatted(s.pausePid().orElse(0), s.networkNamespace()));
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

  private List<PodSandbox> list(PodSandboxFilter filter) {
    return sandboxes.list().stream()
        .filter(s -> s.id().startsWith(filter.getId()))
        .filter(s -> !filter.hasState() || Statuses.state(s) == filter.getState().getState())
        .filter(s -> Statuses.matches(filter.getLabelSelectorMap(), s.config().getLabelsMap()))
        .map(Statuses::summary)
        .toList();
  }

  Future<UpdatePodSandboxResourcesResponse> updatePodSandboxResources(
      UpdatePodSandboxResourcesRequest request) {
    // The kubelet has resized the pod's cgroup itself; nothing of the sandbox depends on it.
    return calls.run(
        "UpdatePodSandboxResources",
        () -> {
          if (sandboxes.find(request.getPodSandboxId()).isEmpty()) {
            throw new NotFoundException("pod sandbox not found: " + request.getPodSandboxId());
          }
          return UpdatePodSandboxResourcesResponse.getDefaultInstance();
        });
  }
}
