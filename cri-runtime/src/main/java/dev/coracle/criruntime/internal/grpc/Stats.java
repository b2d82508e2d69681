package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.ContainerAttributes;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.PodSandboxAttributes;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.usage.UsageMeter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Containers and pods as the {@link UsageMeter} wants them. Thread-safe. */
final class Stats {
  private final ContainerService containers;
  private final UsageMeter meter = new UsageMeter();

  Stats(ContainerService containers) {
    this.containers = containers;
  }

  ContainerStats of(Container c) throws IOException {
    return meter.container(subject(c));
  }

  private static UsageMeter.Subject subject(Container c) {
    Path upper = c.directory().resolve("upper");
    return new UsageMeter.Subject(
        c.id(),
        ContainerAttributes.newBuilder()
            .setId(c.id())
            .setMetadata(c.config().getMetadata())
            .putAllLabels(c.config().getLabelsMap())
            .putAllAnnotations(c.config().getAnnotationsMap())
            .build(),
        c.isRunning() ? Optional.of(c.made().cgroup()) : Optional.empty(),
        Optional.of(Files.isDirectory(upper) ? upper : c.directory().resolve("rootfs")),
        c.directory());
  }

  PodSandboxStats of(Sandbox s) throws IOException {
    return meter.pod(
        s.id(),
        PodSandboxAttributes.newBuilder()
            .setId(s.id())
            .setMetadata(s.config().getMetadata())
            .putAllLabels(s.config().getLabelsMap())
            .putAllAnnotations(s.config().getAnnotationsMap())
            .build(),
        Optional.of(s.config().getLinux().getCgroupParent()).filter(group -> !group.isBlank()),
        containers.ofSandbox(s.id()).stream().map(Stats::subject).toList(),
        s.hasNetwork() ? s.record().network().path("veth").asText("") : "");
  }

  void forgetAllBut(List<String> ids) {
    meter.forgetAllBut(ids);
  }
}
