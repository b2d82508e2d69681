package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.event.SeldomEvents;
import dev.coracle.kubelet.internal.host.Native.FileSystemRoom;
import dev.coracle.kubelet.internal.image.ImageAges;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is told of a disk of images that fills up. */
class ImageGcTest {
  private static final long GIB = 1L << 30;

  private final FakeRuntime runtime = new FakeRuntime();
  private final HandClock clock = new HandClock();
  private final List<String> told = new ArrayList<>();
  private Optional<FileSystemRoom> disk = room(100 * GIB, 50 * GIB);
  private long nanos;

  private static Optional<FileSystemRoom> room(long bytes, long free) {
    return Optional.of(new FileSystemRoom(bytes, bytes - free, free, 1, 1));
  }

  private ImageGc gc(String more) {
    KubeletConfiguration chosen =
        KubeletConfiguration.parse(
            Json.parse(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "imageMinimumGCAge":"1ns"%s}
                """
                    .formatted(more)));
    return new ImageGc(
        runtime,
        new RuntimeCache(runtime, "", clock),
        List::of,
        new ImageAges(),
        chosen.images(),
        clock,
        new KubeletMetrics(new SimpleMeterRegistry(), "n"),
        () -> disk,
        new SeldomEvents(
            (type, reason, message) -> told.add(type + " " + reason + ": " + message),
            Duration.ofMinutes(5),
            () -> nanos));
  }

  private static String full(int used, long freed) {
    return "Insufficient free disk space on the node's image filesystem ("
        + used
        + "% of 100.0 GiB used). Failed to free sufficient space by deleting unused images (freed "
        + freed
        + " bytes). Investigate disk usage, as it could be used by active images, logs, volumes,"
        + " or other data.";
  }

  @Test
  void whereTooLittleCanBeFreedTheNodeSaysSoAndAgainAfterFiveMinutes() {
    ImageGc gc = gc("");
    disk = room(100 * GIB, 15 * GIB);
    gc.run();
    assertThat(runtime.calls()).contains("removeImage sha256:busybox:1");
    assertThat(told).containsExactly("Warning FreeDiskSpaceFailed: " + full(85, 1000));
    gc.run();
    assertThat(told)
        .containsExactly(
            "Warning FreeDiskSpaceFailed: " + full(85, 1000),
            "Warning ImageGCFailed: " + full(85, 0));
    gc.run();
    assertThat(told).hasSize(2);
    nanos += Duration.ofMinutes(5).toNanos();
    gc.run();
    assertThat(told).hasSize(4);
  }

  @Test
  void belowTheHighThresholdNothingIsDone() {
    disk = room(100 * GIB, 16 * GIB);
    gc("").run();
    assertThat(runtime.calls()).isEmpty();
    assertThat(told).isEmpty();
  }

  @Test
  void aDiskOfNoSizeIsInvalid() {
    ImageGc gc = gc("");
    disk = room(0, 0);
    gc.run();
    gc.run();
    assertThat(told)
        .containsExactly(
            "Warning InvalidDiskCapacity: invalid capacity 0 on image filesystem",
            "Warning ImageGCFailed: invalid capacity 0 on image filesystem");
  }

  @Test
  void imagesThatTheRuntimeDoesNotRemoveAreAnEventTheSecondTime() {
    runtime.image("other:1");
    runtime.failing(call ->
        call.startsWith("removeImage")
            ? Optional.of(new CriException(Code.UNKNOWN, "in use"))
            : Optional.empty());
    ImageGc gc = gc("");
    disk = room(100 * GIB, 10 * GIB);
    gc.run();
    assertThat(told).isEmpty();
    gc.run();
    // Both images fail alike, which is told once.
    assertThat(told)
        .containsExactly(
            "Warning ImageGCFailed: wanted to free 10737418240 bytes, but freed 0 bytes space"
                + " with errors in image deletion: rpc error: code = Unknown desc = in use");
  }

  @Test
  void oneFailureBetweenGoodLooksIsNone() {
    ImageGc gc = gc(",\"imageMaximumGCAge\":\"1h\"");
    for (int i = 0; i < 3; i++) {
      disk = room(0, 0);
      gc.run();
      disk = room(100 * GIB, 50 * GIB);
      gc.run();
    }
    assertThat(told)
        .containsExactly("Warning InvalidDiskCapacity: invalid capacity 0 on image filesystem");
  }
}
