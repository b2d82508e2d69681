package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.volume.VolumeManager.MountException;
import dev.coracle.kubelet.internal.volume.VolumeManager.MountException.Failure;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of volumes that cannot be had. */
class MissingVolumesTest {
  @TempDir private Path root;
  private final Set<String> absent = new HashSet<>();
  private final Set<String> unattached = new HashSet<>();
  private boolean exhausted;
  private final HandClock clock = new HandClock();

  private final class Plugin implements VolumePlugin {
    private final String field;

    Plugin(String field) {
      this.field = field;
    }

    @Override
    public String field() {
      return field;
    }

    @Override
    public String directoryName() {
      return field;
    }

    @Override
    public Mounted mount(Request request) throws IOException {
      if (unattached.contains(request.name())) {
        throw new NotAttachedException("h", "n", exhausted);
      }
      if (absent.contains(request.name())) {
        throw field.equals("persistentVolumeClaim")
            ? new ClaimException("error processing PVC d/" + request.name() + ": none")
            : new IOException("configmap \"" + request.name() + "-map\" not found");
      }
      return new Mounted(request.directory(), false, "");
    }

    @Override
    public Mounted refresh(Request request, Mounted standing) throws IOException {
      return mount(request);
    }
  }

  private VolumeManager manager() {
    return new VolumeManager(
        new PodPaths(root, root.resolve("logs")),
        List.of(
            new Plugin("emptyDir"), new Plugin("configMap"), new Plugin("persistentVolumeClaim")),
        List.of(),
        clock,
        new KubeletMetrics(new SimpleMeterRegistry(), "n").volumes());
  }

  private static Pod pod(String... kindsAndNames) {
    StringBuilder volumes = new StringBuilder();
    StringBuilder mounts = new StringBuilder();
    for (int i = 0; i < kindsAndNames.length; i += 2) {
      volumes
          .append(i == 0 ? "" : ",")
          .append("{\"name\":\"%s\",\"%s\":{}}".formatted(kindsAndNames[i + 1], kindsAndNames[i]));
      mounts
          .append(i == 0 ? "" : ",")
          .append("{\"name\":\"%s\",\"mountPath\":\"/%d\"}".formatted(kindsAndNames[i + 1], i));
    }
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod",
             "metadata":{"name":"p","namespace":"d","uid":"u","resourceVersion":"1"},
             "spec":{"volumes":[%s],"containers":[{"name":"c","volumeMounts":[%s]}]}}
            """
                .formatted(volumes, mounts)));
  }

  private static MountException failure(VolumeManager volumes, Pod pod) {
    return catchThrowableOfType(MountException.class, () -> volumes.mount(pod));
  }

  private static Failure setUp(String name) {
    return new Failure(
        "FailedMount",
        "MountVolume.SetUp failed for volume \"%s\" : configmap \"%s-map\" not found"
            .formatted(name, name));
  }

  @Test
  void eachIsTold() {
    absent.addAll(List.of("a", "b"));
    VolumeManager volumes = manager();
    Pod pod = pod("configMap", "b", "emptyDir", "e", "configMap", "a");
    assertThat(failure(volumes, pod).failures()).containsExactly(setUp("b"), setUp("a"));
    clock.set(clock.instant().plusSeconds(122));
    assertThat(failure(volumes, pod).failures()).containsExactly(setUp("b"), setUp("a"));
    clock.set(clock.instant().plusSeconds(1));
    Failure late =
        new Failure(
            "FailedMount",
            "Unable to attach or mount volumes: unmounted volumes=[a b], unattached volumes=[],"
                + " failed to process volumes=[]: timed out waiting for the condition");
    assertThat(failure(volumes, pod).failures()).containsExactly(setUp("b"), setUp("a"), late);
    assertThat(failure(volumes, pod).failures()).doesNotContain(late);
  }

  @Test
  void claimsAreToldTogether() {
    absent.addAll(List.of("a", "b", "c"));
    Pod pod = pod("persistentVolumeClaim", "b", "configMap", "c", "persistentVolumeClaim", "a");
    assertThat(failure(manager(), pod).failures())
        .containsExactly(
            setUp("c"),
            new Failure(
                "FailedMount",
                "Unable to attach or mount volumes: unmounted volumes=[a b c], unattached"
                    + " volumes=[], failed to process volumes=[b a]: error processing PVC d/b:"
                    + " none; error processing PVC d/a: none"));
  }

  @Test
  void whatIsNotAttachedIsWaitedForInSilence() {
    unattached.add("a");
    VolumeManager volumes = manager();
    Pod pod = pod("persistentVolumeClaim", "a", "emptyDir", "e");
    assertThat(failure(volumes, pod).failures()).isEmpty();
    exhausted = true;
    assertThat(failure(volumes, pod).refused()).isEmpty();
    clock.set(clock.instant().plusSeconds(123));
    exhausted = false;
    assertThat(failure(volumes, pod).failures())
        .containsExactly(
            new Failure(
                "FailedMount",
                "Unable to attach or mount volumes: unmounted volumes=[a], unattached volumes=[a],"
                    + " failed to process volumes=[]: timed out waiting for the condition"));
    clock.set(clock.instant().plusSeconds(123));
    exhausted = true;
    assertThat(failure(volumes, pod).refused())
        .contains(
            "unmounted volumes=[a], unattached volumes=[a], failed to process volumes=[]: timed"
                + " out waiting for the condition");
  }

  @Test
  void oneThatStandsStaysThough() throws Exception {
    VolumeManager volumes = manager();
    Pod pod = pod("configMap", "a");
    var mounted = volumes.mount(pod);
    absent.add("a");
    volumes.changed("u");
    MountException e = failure(volumes, pod);
    assertThat(e.failures()).containsExactly(setUp("a"));
    assertThat(e.standing()).contains(mounted);
  }
}
