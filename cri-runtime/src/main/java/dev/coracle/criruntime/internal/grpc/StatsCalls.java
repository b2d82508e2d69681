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
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** CRI's calls for figures: statistics of containers and sandboxes, and metrics of pods. */
final class StatsCalls {
  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;
  private final Stats stats;

  StatsCalls(Calls calls, SandboxService sandboxes, ContainerService containers) {
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.stats = new Stats(containers);
  }

  Future<ContainerStatsResponse> containerStats(ContainerStatsRequest request) {
    return calls.run(
        "ContainerStats",
        () ->
            ContainerStatsResponse.newBuilder()
                .setStats(stats.of(containers.require(request.getContainerId())))
                .build());
  }

  Future<ListContainerStatsResponse> listContainerStats(ListContainerStatsRequest request) {
    return calls.run(
        "ListContainerStats",
        () ->
            ListContainerStatsResponse.newBuilder()
                .addAllStats(stats(request.getFilter()))
                .build());
  }

  void streamContainerStats(
      StreamContainerStatsRequest request, WriteStream<StreamContainerStatsResponse> response) {
    Streams.each(
        calls.run("StreamContainerStats", () -> stats(request.getFilter())),
        response,
        part -> StreamContainerStatsResponse.newBuilder().addAllContainerStats(part).build());
  }

  private List<ContainerStats> stats(ContainerStatsFilter filter) throws IOException {
    List<ContainerStats> all = new ArrayList<>();
    for (Container c : containers.list()) {
      if (c.isRunning()
          && c.id().startsWith(filter.getId())
          && c.sandbox().id().startsWith(filter.getPodSandboxId())
          && Statuses.matches(filter.getLabelSelectorMap(), c.config().getLabelsMap())) {
        all.add(stats.of(c));
      }
    }
    forget();
    return all;
  }

  private void forget() {
    List<String> ids = new ArrayList<>(containers.list().stream().map(Container::id).toList());
    sandboxes.list().forEach(s -> ids.add(s.id()));
    stats.forgetAllBut(ids);
  }

  Future<PodSandboxStatsResponse> podSandboxStats(PodSandboxStatsRequest request) {
    return calls.run(
        "PodSandboxStats",
        () ->
            PodSandboxStatsResponse.newBuilder()
                .setStats(stats.of(sandboxes.require(request.getPodSandboxId())))
                .build());
  }

  Future<ListPodSandboxStatsResponse> listPodSandboxStats(ListPodSandboxStatsRequest request) {
    return calls.run(
        "ListPodSandboxStats",
        () ->
            ListPodSandboxStatsResponse.newBuilder()
                .addAllStats(stats(request.getFilter()))
                .build());
  }

  void streamPodSandboxStats(
      StreamPodSandboxStatsRequest request, WriteStream<StreamPodSandboxStatsResponse> response) {
    Streams.each(
        calls.run("StreamPodSandboxStats", () -> stats(request.getFilter())),
        response,
        part -> StreamPodSandboxStatsResponse.newBuilder().addAllPodSandboxStats(part).build());
  }

  private List<PodSandboxStats> stats(PodSandboxStatsFilter filter) throws IOException {
    List<PodSandboxStats> all = new ArrayList<>();
    for (Sandbox s : sandboxes.list()) {
      if (s.record().ready()
          && s.id().startsWith(filter.getId())
          && Statuses.matches(filter.getLabelSelectorMap(), s.config().getLabelsMap())) {
        all.add(stats.of(s));
      }
    }
    return all;
  }

  Future<ListMetricDescriptorsResponse> listMetricDescriptors(
      ListMetricDescriptorsRequest request) {
    return Future.succeededFuture(
        ListMetricDescriptorsResponse.newBuilder()
            .addAllDescriptors(PodMetrics.descriptors())
            .build());
  }

  Future<ListPodSandboxMetricsResponse> listPodSandboxMetrics(
      ListPodSandboxMetricsRequest request) {
    return calls.run(
        "ListPodSandboxMetrics",
        () ->
            ListPodSandboxMetricsResponse.newBuilder()
                .addAllPodMetrics(PodMetrics.of(sandboxes, containers))
                .build());
  }

  void streamPodSandboxMetrics(
      StreamPodSandboxMetricsRequest request,
      WriteStream<StreamPodSandboxMetricsResponse> response) {
    Streams.each(
        calls.run("StreamPodSandboxMetrics", () -> PodMetrics.of(sandboxes, containers)),
        response,
        part -> StreamPodSandboxMetricsResponse.newBuilder().addAllPodSandboxMetrics(part).build());
  }
}
