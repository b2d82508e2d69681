package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.cri.v1.HugepageLimit;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the runtime is told to hold a container to. */
class LinuxResourcesTest {

  private static List<HugepageLimit> hugePages(String limits) {
    Pod pod =
        new Pod(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u"},
                 "spec":{"resources":{"limits":{"hugepages-2Mi":"8Mi"}},
                  "containers":[{"name":"c","resources":{"limits":{%s}}}]}}
                """
                    .formatted(limits)));
    return LinuxResources.of(pod, pod.containers().getFirst(), 1L << 30).getHugepageLimitsList();
  }

  private static HugepageLimit limit(String size, long bytes) {
    return HugepageLimit.newBuilder().setPageSize(size).setLimit(bytes).build();
  }

  @Test
  void aContainerWithoutHugePagesOfItsOwnMayUseThoseOfItsPod() {
    assertThat(hugePages("")).containsExactly(limit("2MB", 8L << 20));
    assertThat(hugePages("\"hugepages-2Mi\":\"4Mi\"")).containsExactly(limit("2MB", 4L << 20));
    assertThat(hugePages("\"hugepages-1Gi\":\"1Gi\""))
        .containsExactly(limit("1GB", 1L << 30), limit("2MB", 8L << 20));
  }
}
