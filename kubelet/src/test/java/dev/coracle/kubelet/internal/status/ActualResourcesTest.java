package dev.coracle.kubelet.internal.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.cri.v1.LinuxContainerResources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The resources that a container's status tells, by upstream's rules. */
class ActualResourcesTest {

  private static String of(String allocated, String given, LinuxContainerResources told) {
    return new ActualResources(Json.parse(allocated), Json.parse(given), told).node().toString();
  }

  private static LinuxContainerResources told(long shares, long quota, long memory) {
    return LinuxContainerResources.newBuilder()
        .setCpuShares(shares)
        .setCpuQuota(quota)
        .setCpuPeriod(100_000)
        .setMemoryLimitInBytes(memory)
        .build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "what is as allocated keeps its words  | 0.5  | 0.2  | 128M | 204 | 50000 | 128000000 | 0.5"
            + "   | 0.2  | 128M",
        "what is otherwise is as it is         | 500m | 200m | 64Mi | 102 | 25000 | 33554432  |"
            + " 250m  | 100m | 32Mi",
        "the kernel has no less than its least | 5m   | 1m   | 64Mi | 2   | 1000  | 67108864  | 5m "
            + "   | 1m   | 64Mi",
        "unless more is allocated              | 50m  | 10m  | 64Mi | 2   | 1000  | 67108864  | 10m"
            + "   | 2m   | 64Mi",
        "nothing said is what was given        | 500m | 200m | 64Mi | 0   | -1    | 0         |"
            + " 450m  | 150m | 48Mi",
      })
  void cpuAndMemoryAreWhatTheRuntimeSays(
      String why,
      String limit,
      String request,
      String memory,
      long shares,
      long quota,
      long bytes,
      String limitTold,
      String requestTold,
      String memoryTold) {
    String form = "{\"limits\":{\"cpu\":\"%s\",\"memory\":\"%s\"},\"requests\":{\"cpu\":\"%s\"}}";
    assertThat(
            of(
                form.formatted(limit, memory, request),
                form.formatted("450m", "48Mi", "150m"),
                told(shares, quota, bytes)))
        .as(why)
        .isEqualTo(form.formatted(limitTold, memoryTold, requestTold));
  }

  /** The kernel knows nothing of it. */
  @Test
  void requestsOfMemoryAreThoseGiven() {
    assertThat(
            of(
                "{\"requests\":{\"memory\":\"64Mi\"}}",
                "{\"requests\":{\"memory\":\"32Mi\"}}",
                told(2, -1, 0)))
        .isEqualTo("{\"requests\":{\"memory\":\"32Mi\"}}");
  }

  @Test
  void otherResourcesAreThoseAllocated() {
    assertThat(
            of(
                "{\"limits\":{\"hugepages-2Mi\":\"4Mi\"},\"claims\":[{\"name\":\"gpu\"}]}",
                "{}",
                told(2, 50_000, 1 << 20)))
        .isEqualTo(
            "{\"limits\":{\"hugepages-2Mi\":\"4Mi\",\"cpu\":\"500m\",\"memory\":\"1Mi\"},"
                + "\"claims\":[{\"name\":\"gpu\"}]}");
    assertThat(of("{}", "{}", told(512, 50_000, 1 << 20))).isEqualTo("{}");
  }
}
