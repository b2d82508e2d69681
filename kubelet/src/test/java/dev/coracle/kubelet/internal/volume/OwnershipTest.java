package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.cri.Turns;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnershipTest {

  private static final int FILES = 400;

  @TempDir private Path volume;
  private int turns;

  @BeforeEach
  void privateFiles() throws IOException {
    Path inner = Files.createDirectory(volume.resolve("inner"));
    for (int i = 0; i < FILES; i++) {
      Files.createFile(
          inner.resolve("f" + i),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
  }

  private Pod pod(String policy) throws IOException {
    int group = (int) Files.getAttribute(volume, "unix:gid");
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u"},
             "spec":{"securityContext":{"fsGroup":%d,"fsGroupChangePolicy":"%s"},"containers":[]}}\
            """
                .formatted(group, policy)));
  }

  private int mode(Path path) throws IOException {
    return (int) Files.getAttribute(path, "unix:mode") & 07777;
  }

  private long privateOnes() throws IOException {
    try (var files = Files.list(volume.resolve("inner"))) {
      long count = 0;
      for (Path file : files.toList()) {
        count += (mode(file) & 0060) == 0060 ? 0 : 1;
      }
      return count;
    }
  }

  @Test
  void allOfTheVolumeIsTheGroups() throws IOException {
    Ownership.apply(volume, pod("Always"), false, () -> {});
    assertThat(privateOnes()).isZero();
    assertThat(mode(volume) & 02770).isEqualTo(02770);
    assertThat(mode(volume.resolve("inner")) & 02770).isEqualTo(02770);
  }

  @Test
  void aWalkThatWasInterruptedIsMadeAgain() throws IOException {
    Turns end =
        new Turns(() -> {
          throw new IllegalStateException("the kubelet ends");
        });
    Pod pod = pod("OnRootMismatch");
    assertThatThrownBy(() -> Ownership.apply(volume, pod, false, end::step))
        .isInstanceOf(IllegalStateException.class);
    assertThat(privateOnes()).isPositive();
    Ownership.apply(volume, pod, false, () -> {});
    assertThat(privateOnes()).isZero();
  }

  @Test
  void aVolumeThatFitsIsNotWalkedThrough() throws IOException {
    Pod pod = pod("OnRootMismatch");
    Ownership.apply(volume, pod, false, () -> {});
    Path added = Files.createFile(volume.resolve("added"));
    int before = mode(added);
    Ownership.apply(volume, pod, false, () -> {});
    assertThat(mode(added)).isEqualTo(before);
  }

  @Test
  void walksAreMeasuredAndNothingElse() throws IOException {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    GroupAccess access =
        new GroupAccess(
            (pod, path, type, reason, message) -> {}, new KubeletMetrics(meters, "n").volumes());
    Pod pod = pod("OnRootMismatch");
    access.give("kubernetes.io/local-volume", volume, pod);
    access.give("kubernetes.io/local-volume", volume, pod);
    assertThat(
            meters
                .get("storage_operation_duration")
                .tags(
                    "operation_name",
                    "volume_apply_access_control",
                    "volume_plugin",
                    "kubernetes.io/local-volume",
                    "status",
                    "success")
                .timer()
                .count())
        .isOne();
  }

  @Test
  void aLongWalkLetsOthersHaveTheirTurn() throws IOException {
    Ownership.apply(volume, pod("Always"), false, new Turns(() -> turns++)::step);
    assertThat(turns).isEqualTo(FILES / 128);
  }

  @Test
  void aWalkThatTakesLongIsToldOf() throws IOException {
    AtomicLong seconds = new AtomicLong();
    List<String> told = new ArrayList<>();
    Path tree = Path.of("/data/pods/u/volumes/v");
    LongChange change =
        new LongChange(
            (pod, path, type, reason, message) -> told.add(type + " " + reason + ": " + message),
            pod("Always"),
            tree,
            () -> seconds.get() * 1_000_000_000);
    seconds.set(29);
    change.step();
    assertThat(told).isEmpty();
    seconds.set(30);
    change.step();
    change.step();
    String start =
        "Warning VolumePermissionChangeInProgress: Setting volume ownership for u/volumes/v";
    assertThat(told)
        .containsExactly(
            start
                + " is taking longer than expected, consider using OnRootMismatch -"
                + " https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
                + "#configure-volume-permission-and-ownership-change-policy-for-pods");
    seconds.set(90);
    change.step();
    seconds.set(149);
    change.step();
    seconds.set(150);
    change.step();
    assertThat(told.subList(1, told.size()))
        .containsExactly(start + ", processed 4 files.", start + ", processed 6 files.");
  }
}
