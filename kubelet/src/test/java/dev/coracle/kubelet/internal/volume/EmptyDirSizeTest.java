package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How large a volume in memory may grow (KEP-1967). */
class EmptyDirSizeTest {

  private static Pod pod(String containers) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
             "spec":{"containers":[%s]}}\
            """
                .formatted(containers)));
  }

  private static final String LIMITED =
      "{\"name\":\"c\",\"resources\":{\"limits\":{\"memory\":\"64Mi\"}}}";
  private static final Quantity NODE = Quantity.parse("1Gi");

  @Test
  void theNodesMemoryBoundsWhatHasNoLimit() {
    assertThat(EmptyDirVolume.size(NODE, pod("{\"name\":\"c\"}"), "")).isEqualTo(1L << 30);
    assertThat(EmptyDirVolume.size(NODE, pod(LIMITED + ",{\"name\":\"d\"}"), ""))
        .isEqualTo(1L << 30);
  }

  @Test
  void thePodsLimitAndTheVolumesOwnBoundItToo() {
    assertThat(EmptyDirVolume.size(NODE, pod(LIMITED), "")).isEqualTo(64L << 20);
    assertThat(EmptyDirVolume.size(NODE, pod(LIMITED), "16Mi")).isEqualTo(16L << 20);
    assertThat(EmptyDirVolume.size(NODE, pod(LIMITED), "2Gi")).isEqualTo(64L << 20);
  }

  @Test
  void whatIsInMemoryStaysOutOfSwapWhereTheKernelCan() {
    VolumePlugin.Request request =
        new VolumePlugin.Request(
            pod(LIMITED), "v", Json.object().put("medium", "Memory"), Path.of("/v"));
    DownwardApi.Facts facts =
        new DownwardApi.Facts("n", List.of(), List.of(), NODE, NODE, () -> NODE);
    assertThat(volume(facts, false).options(request)).isEqualTo("size=67108864");
    assertThat(volume(facts, true).options(request)).isEqualTo("size=67108864,noswap");
  }

  private static EmptyDirVolume volume(DownwardApi.Facts facts, boolean noswap) {
    return new EmptyDirVolume(
        _ -> facts,
        () -> noswap,
        new GroupAccess(
            (pod, path, type, reason, message) -> {},
            new KubeletMetrics(new SimpleMeterRegistry(), "n").volumes()));
  }

  @Test
  void hugePagesAreOfTheSizeThatThePodAsksFor() {
    String two = "{\"name\":\"c\",\"resources\":{\"requests\":{\"hugepages-2Mi\":\"4Mi\"}}}";
    String one = "{\"name\":\"d\",\"resources\":{\"requests\":{\"hugepages-1Gi\":\"1Gi\"}}}";
    assertThat(EmptyDirVolume.pageSize(pod(two), "HugePages")).isEqualTo(2L << 20);
    assertThat(EmptyDirVolume.pageSize(pod(two + "," + one), "HugePages-1Gi")).isEqualTo(1L << 30);
    assertThatThrownBy(() -> EmptyDirVolume.pageSize(pod(two + "," + one), "HugePages"))
        .hasMessageContaining("request multiple huge page sizes");
    assertThatThrownBy(() -> EmptyDirVolume.pageSize(pod(two), "HugePages-1Gi"))
        .hasMessageContaining("HugePages-1Gi");
    assertThatThrownBy(() -> EmptyDirVolume.pageSize(pod("{\"name\":\"c\"}"), "HugePages"))
        .hasMessage(
            "hugePages storage requested, but there is no resource request for huge pages.");
  }

  @Test
  void hugePagesOfThePodAsAWholeAreAskedForToo() {
    Pod whole =
        pod(
            "{\"name\":\"c\"}],\"resources\":{\"requests\":{\"hugepages-2Mi\":\"4Mi\"}},\"volumes\":[");
    assertThat(EmptyDirVolume.pageSize(whole, "HugePages")).isEqualTo(2L << 20);
  }
}
