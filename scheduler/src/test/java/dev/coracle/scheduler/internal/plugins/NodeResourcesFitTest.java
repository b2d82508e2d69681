package dev.coracle.scheduler.internal.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.config.PluginArguments;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.spi.Amounts;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeResourcesFitTest {

  private static final List<String> NAMES =
      List.of("cpu", "memory", "pods", "ephemeral-storage", "example.com/gpu");

  /** Sums, differences and what fits, beside plain maps. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void amountsEqualTheirModel(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Map<String, Long> all = amounts(random, 20);
      Map<String, Long> used = amounts(random, 12);
      Map<String, Long> wanted = amounts(random, 12);
      boolean fits =
          wanted.entrySet().stream()
              .allMatch(w ->
                  w.getValue() <= 0
                      || w.getValue()
                          <= all.getOrDefault(w.getKey(), 0L) - used.getOrDefault(w.getKey(), 0L));
      assertThat(of(wanted).fitsInto(of(all), of(used))).isEqualTo(fits);
      Amounts sum = of(used).plus(of(wanted));
      for (String name : NAMES) {
        assertThat(sum.get(name))
            .isEqualTo(used.getOrDefault(name, 0L) + wanted.getOrDefault(name, 0L));
      }
      assertThat(sum.minus(of(wanted)).copy().cpuMillis()).isEqualTo(of(used).get("cpu"));
      assertThat(of(used).max(of(wanted)).memory())
          .isEqualTo(Math.max(of(used).get("memory"), of(wanted).get("memory")));
    }
  }

  private static Map<String, Long> amounts(Random random, int most) {
    Map<String, Long> out = new TreeMap<>();
    for (String name : NAMES) {
      if (random.nextInt(3) > 0) {
        out.put(name, (long) random.nextInt(most));
      }
    }
    return out;
  }

  private static Amounts of(Map<String, Long> values) {
    Amounts out = new Amounts();
    values.forEach(out::put);
    return out;
  }

  @Test
  void saysAllThatIsLackingAndWhetherItEverFits() {
    SchedulerCache cache = new SchedulerCache(_ -> Map.of());
    cache.putNode(
        KubeObject.create(
            new GroupVersionKind("", "v1", "Node"),
            "",
            "n",
            node ->
                node.putObject("status")
                    .putObject("allocatable")
                    .put("cpu", "2")
                    .put("memory", "1Gi")
                    .put("pods", "3")));
    NodeInfo node = cache.view().nodes().getFirst();
    assertThat(verdict("1", "512Mi", node)).isEqualTo(Verdict.OK);
    cache.assume(pod("a", "1", "512Mi"), "n");
    assertThat(verdict("1", "512Mi", node)).isEqualTo(Verdict.OK);
    assertThat(verdict("1500m", "600Mi", node))
        .isEqualTo(
            new Verdict.Unschedulable("NodeResourcesFit", "Insufficient cpu\nInsufficient memory"));
    assertThat(verdict("3", "1Mi", node))
        .isEqualTo(new Verdict.Unresolvable("NodeResourcesFit", "Insufficient cpu"));
    cache.assume(pod("b", "0", "0"), "n");
    cache.assume(pod("c", "0", "0"), "n");
    assertThat(verdict("0", "0", node))
        .isEqualTo(new Verdict.Unschedulable("NodeResourcesFit", "Too many pods"));
  }

  private static Verdict verdict(String cpu, String memory, NodeInfo node) {
    return new NodeResourcesFit(_ -> false, PluginArguments.DEFAULT)
        .filter(new CycleState(), pod("p", cpu, memory), node);
  }

  private static PodInfo pod(String name, String cpu, String memory) {
    return new PodInfo(
        KubeObject.of(
            Json.parseObject(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","uid":"%s"},"spec":{"containers":[
                 {"name":"c","resources":{"requests":{"cpu":"%s","memory":"%s"}}}]}}\
                """
                    .formatted(name, name, cpu, memory))));
  }
}
