package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume that has to be looked at from time to time, though nothing changes. */
class VolumeRefreshTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final List<String> calls = new ArrayList<>();
  private final HandClock clock = new HandClock(START);

  private final VolumePlugin plugin =
      new VolumePlugin() {
        @Override
        public String field() {
          return "emptyDir";
        }

        @Override
        public String directoryName() {
          return "kubernetes.io~empty-dir";
        }

        @Override
        public Mounted mount(Request request) {
          calls.add("mount");
          return new Mounted(request.directory(), false, "");
        }

        @Override
        public Mounted refresh(Request request, Mounted standing) {
          calls.add("refresh");
          return standing;
        }

        @Override
        public Optional<Duration> refreshAfter(Request request) {
          return Optional.of(Duration.ofMinutes(1));
        }
      };

  @Test
  void isRefreshedWhenItsTimeHasCome(@TempDir Path root) throws Exception {
    VolumeManager volumes =
        new VolumeManager(
            new PodPaths(root, root.resolve("logs")),
            List.of(plugin),
            List.of(new Tokens(new FakeClient(), clock, new Random(7))),
            clock,
            new KubeletMetrics(new SimpleMeterRegistry(), "n").volumes());
    Pod pod =
        new Pod(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"p","namespace":"d","uid":"u","resourceVersion":"1"},
                 "spec":{"volumes":[{"name":"v","emptyDir":{}}],
                  "containers":[{"name":"c","volumeMounts":[{"name":"v","mountPath":"/v"}]}]}}
                """));
    volumes.mount(pod);
    assertThat(volumes.nextRefresh("u")).contains(START.plusSeconds(60));
    clock.set(START.plusSeconds(59));
    volumes.mount(pod);
    assertThat(calls).containsExactly("mount");
    clock.set(START.plusSeconds(60));
    volumes.mount(pod);
    assertThat(calls).containsExactly("mount", "refresh");
    assertThat(volumes.nextRefresh("u")).contains(START.plusSeconds(120));
  }
}
