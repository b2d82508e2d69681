package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.*;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.SandboxService;
import dev.coracle.cridocker.internal.pod.Statuses;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.NotFoundException;
import dev.coracle.criruntime.server.Streams;
import dev.coracle.criruntime.usage.UsageMeter;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * CRI's calls for figures. They are read from the cgroups, as the built-in runtime does it:
 * Docker's own figures are the same ones, at the price of a call for each container.
 */
final class StatsCalls {
  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;
  private final UsageMeter meter = new UsageMeter();

  StatsCalls(Calls calls, SandboxService sandboxes, ContainerService containers) {
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  Future<ContainerStatsResponse> containerStats(ContainerStatsRequest request) {
    return calls.run(
        "ContainerStats",
        () -> {
          for (JsonNode c : containers.list()) {
            if (c.path("Id").asText().startsWith(request.getContainerId())) {
              return ContainerStatsResponse.newBuilder()
                  .setStats(meter.container(containers.subject(c)))
                  .build();
            }
          }
          throw new NotFoundException("container not found: " + request.getContainerId());
        });
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
    List<String> ids = new ArrayList<>();
    for (JsonNode c : containers.list()) {
      UsageMeter.Subject subject = containers.subject(c);
      ids.add(subject.id());
      if (subject.cgroup().isPresent()
          && subject.id().startsWith(filter.getId())
          && ContainerService.sandboxOf(c).startsWith(filter.getPodSandboxId())
          && matches(filter.getLabelSelectorMap(), subject.attributes().getLabelsMap())) {
        all.add(meter.container(subject));
      }
    }
    sandboxes.list().forEach(s -> ids.add(s.path("Id").asText()));
    meter.forgetAllBut(ids);
    return all;
  }

  private static boolean matches(Map<String, String> selector, Map<String, String> labels) {
    return labels.entrySet().containsAll(selector.entrySet());
  }

  Future<PodSandboxStatsResponse> podSandboxStats(PodSandboxStatsRequest request) {
    return calls.run(
        "PodSandboxStats",
        () -> {
          PodSandboxStatsFilter only =
              PodSandboxStatsFilter.newBuilder().setId(request.getPodSandboxId()).build();
          List<PodSandboxStats> found = podStats(only);
          if (found.isEmpty()) {
            throw new NotFoundException("pod sandbox not found: " + request.getPodSandboxId());
          }
          return PodSandboxStatsResponse.newBuilder().setStats(found.getFirst()).build();
        });
  }

  Future<ListPodSandboxStatsResponse> listPodSandboxStats(ListPodSandboxStatsRequest request) {
    return calls.run(
        "ListPodSandboxStats",
        () ->
            ListPodSandboxStatsResponse.newBuilder()
                .addAllStats(podStats(request.getFilter()))
                .build());
  }

  void streamPodSandboxStats(
      StreamPodSandboxStatsRequest request, WriteStream<StreamPodSandboxStatsResponse> response) {
    Streams.each(
        calls.run("StreamPodSandboxStats", () -> podStats(request.getFilter())),
        response,
        part -> StreamPodSandboxStatsResponse.newBuilder().addAllPodSandboxStats(part).build());
  }

  private List<PodSandboxStats> podStats(PodSandboxStatsFilter filter) throws IOException {
    List<JsonNode> listed = containers.list();
    List<PodSandboxStats> all = new ArrayList<>();
    for (JsonNode s : sandboxes.list()) {
      PodSandboxAttributes attributes = Statuses.sandboxAttributes(s);
      if (s.path("State").asText().equals("running")
          && attributes.getId().startsWith(filter.getId())
          && matches(filter.getLabelSelectorMap(), attributes.getLabelsMap())) {
        List<UsageMeter.Subject> subjects = new ArrayList<>();
        for (JsonNode c : listed) {
          if (ContainerService.sandboxOf(c).equals(attributes.getId())) {
            subjects.add(containers.subject(c));
          }
        }
        all.add(
            meter.pod(
                attributes.getId(),
                attributes,
                Optional.empty(),
                subjects,
                sandboxes.cable(attributes.getId())));
      }
    }
    return all;
  }
}
