package dev.coracle.kubelet.internal.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.KubeObject;
import dev.coracle.csi.v1.VolumeUsage;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.server.stats.FsStats;
import dev.coracle.kubelet.server.stats.VolumeMetrics;
import dev.coracle.kubelet.server.stats.VolumeStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeUseTest {
  @TempDir Path directory;
  private final HandClock clock = new HandClock();
  private int asked;

  private VolumeUse use(Mounted mounted, List<VolumeUsage> told) {
    return new VolumeUse(
        uid -> Map.of("d", mounted, "h", Mounted.at(directory)),
        path -> {
          asked++;
          return told;
        },
        clock);
  }

  private static Pod pod(String source) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
             "spec":{"volumes":[{"name":"d",%s},{"name":"h","hostPath":{"path":"/"}},
              {"name":"late","persistentVolumeClaim":{"claimName":"late"}}],
             "containers":[{"name":"c","image":"busybox:1"}]}}
            """
                .formatted(source)));
  }

  private static final String CLAIM = "\"persistentVolumeClaim\":{\"claimName\":\"data\"}";

  @Test
  void aClaimsVolumeIsAsFullAsItsFileSystem() throws IOException {
    List<VolumeStats> told = use(Mounted.at(directory), List.of()).of(pod(CLAIM));
    assertThat(told).hasSize(1);
    assertThat(told.getFirst().name()).isEqualTo("d");
    assertThat(told.getFirst().claimName()).isEqualTo("data");
    FsStats fs = told.getFirst().fs();
    Native.FileSystemRoom room = Native.room(directory);
    assertThat(fs.capacityBytes()).isEqualTo(room.bytes());
    assertThat(fs.usedBytes()).isPositive().isLessThan(room.bytes());
    assertThat(fs.availableBytes() + fs.usedBytes()).isLessThanOrEqualTo(fs.capacityBytes());
    assertThat(fs.inodesUsed() + fs.inodesFree()).isEqualTo(fs.inodes());
  }

  @Test
  void aDriversWordCountsMore() {
    VolumeUsage bytes =
        VolumeUsage.newBuilder()
            .setUnit(VolumeUsage.Unit.BYTES)
            .setTotal(100)
            .setUsed(40)
            .setAvailable(60)
            .build();
    VolumeUsage inodes =
        VolumeUsage.newBuilder()
            .setUnit(VolumeUsage.Unit.INODES)
            .setTotal(10)
            .setUsed(3)
            .setAvailable(7)
            .build();
    List<VolumeStats> told = use(Mounted.at(directory), List.of(bytes, inodes)).of(pod(CLAIM));
    assertThat(told.getFirst().fs())
        .isEqualTo(new FsStats(clock.instant(), 60L, 100L, 40L, 7L, 10L, 3L));
  }

  @Test
  void aDeviceHasASizeAndNothingElse() throws IOException {
    Optional<Path> disk = Optional.empty();
    try (var devices = Files.list(Path.of("/sys/block"))) {
      for (Path d : devices.toList()) {
        Path node = Path.of("/dev").resolve(d.getFileName());
        if (Files.exists(node) && !Files.readString(d.resolve("size")).strip().equals("0")) {
          disk = Optional.of(node);
        }
      }
    }
    assumeTrue(disk.isPresent(), "needs a block device of some size");
    long sectors =
        Long.parseLong(
            Files.readString(Path.of("/sys/block/" + disk.get().getFileName() + "/size")).strip());
    FsStats fs = use(Mounted.device(disk.get(), false), List.of()).of(pod(CLAIM)).getFirst().fs();
    assertThat(fs)
        .isEqualTo(new FsStats(clock.instant(), null, sectors * 512, null, null, null, null));
  }

  @Test
  void volumesAreAskedAgainAfterAMinute() {
    VolumeUse use = use(Mounted.at(directory), List.of());
    Pod pod = pod(CLAIM);
    use.of(pod);
    clock.set(clock.instant().plusSeconds(59));
    use.of(pod);
    assertThat(asked).isEqualTo(1);
    clock.set(clock.instant().plusSeconds(2));
    use.of(pod);
    assertThat(asked).isEqualTo(2);
    use.retain(List.of());
    use.of(pod);
    assertThat(asked).isEqualTo(3);
  }

  @Test
  void whatLiesAmongThePodsOwnFilesIsAsLargeAsTheyAre() throws IOException {
    Files.createDirectory(directory.resolve("sub"));
    Files.writeString(directory.resolve("sub/a"), "hello");
    Files.createLink(directory.resolve("again"), directory.resolve("sub/a"));
    Native.FileSystemRoom room = Native.room(directory);
    for (String source : List.of("emptyDir", "configMap", "secret", "downwardAPI", "projected")) {
      FsStats fs =
          use(Mounted.at(directory), List.of()).of(pod("\"" + source + "\":{}")).getFirst().fs();
      assertThat(fs.usedBytes()).as(source).isEqualTo(4); // Half of it for each of its names.
      assertThat(fs.inodesUsed()).isEqualTo(4);
      assertThat(fs.capacityBytes()).isEqualTo(room.bytes());
      assertThat(fs.inodes()).isEqualTo(room.inodes());
    }
    assertThat(asked).isZero();
  }

  @Test
  void nobodysOwnFilesAreToldOf() {
    assertThat(use(Mounted.at(directory), List.of()).of(pod("\"hostPath\":{}"))).isEmpty();
    List<VolumeStats> memory =
        use(Mounted.at(directory), List.of()).of(pod("\"emptyDir\":{\"medium\":\"Memory\"}"));
    assertThat(memory).hasSize(1);
    assertThat(memory.getFirst().claimName()).isNull();
    assertThat(
            use(Mounted.at(directory), List.of())
                .of(pod("\"ephemeral\":{\"volumeClaimTemplate\":{}}"))
                .getFirst()
                .claimName())
        .isEqualTo("p-d");
  }

  @Test
  void prometheusHearsOfEachClaimOnce() {
    VolumeStats stats =
        new VolumeStats("d", new FsStats(clock.instant(), 60L, 100L, 40L, 7L, 10L, 3L), "data");
    VolumeStats memory =
        new VolumeStats("m", new FsStats(clock.instant(), 1L, 2L, 1L, 0L, 1L, 1L), null);
    VolumeStats device =
        new VolumeStats(
            "b", new FsStats(clock.instant(), null, 512L, null, null, null, null), "disk");
    String text =
        VolumeMetrics.render(
            List.of(
                new VolumeMetrics.PodVolumes("default", List.of(stats, memory)),
                new VolumeMetrics.PodVolumes("default", List.of(stats, device))));
    String data = "{namespace=\"default\",persistentvolumeclaim=\"data\"} ";
    assertThat(text.lines().filter(l -> !l.startsWith("#")))
        .containsExactly(
            "kubelet_volume_stats_capacity_bytes" + data + "100",
            "kubelet_volume_stats_capacity_bytes{namespace=\"default\",persistentvolumeclaim=\"disk\"}"
                + " 512",
            "kubelet_volume_stats_available_bytes" + data + "60",
            "kubelet_volume_stats_used_bytes" + data + "40",
            "kubelet_volume_stats_inodes" + data + "10",
            "kubelet_volume_stats_inodes_free" + data + "7",
            "kubelet_volume_stats_inodes_used" + data + "3");
    assertThat(VolumeMetrics.render(List.of())).isEmpty();
  }
}
