package dev.coracle.scheduler.internal.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nodes that have a pod's images come first, also those it has mounted. */
class ImageLocalityTest {

  private static KubeObject node(String name, String image) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"status":{"images":[
          {"names":["%s"],"sizeBytes":800000000}]}}\
        """
            .formatted(name, image));
  }

  @ParameterizedTest
  @CsvSource({"web:1, true", "data:2, true", "none:3, false"})
  void imagesOfContainersAndVolumesCount(String image, boolean counts) {
    SchedulerCache cache = new SchedulerCache(_ -> Map.of());
    cache.putNode(node("a", image));
    cache.putNode(node("b", "other:1"));
    ClusterView view = cache.view();
    PodInfo pod =
        new PodInfo(
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"d","name":"p"},
                 "spec":{"containers":[{"name":"c","image":"web:1"}],
                   "volumes":[{"name":"v","image":{"reference":"data:2"}},
                     {"name":"w","emptyDir":{}}]}}\
                """));
    long[] scores = new ImageLocality().score(new CycleState(), pod, view.nodes(), view);
    if (counts) {
      assertThat(scores[0]).isGreaterThan(scores[1]);
    } else {
      assertThat(scores).as("all the same").isEmpty();
    }
  }
}
