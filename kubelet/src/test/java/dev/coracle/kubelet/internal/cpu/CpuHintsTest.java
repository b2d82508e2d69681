package dev.coracle.kubelet.internal.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From where so many CPUs could come: two or four nodes, each of four CPUs. */
class CpuHintsTest {

  private static CpuTopology nodes(int nodes) {
    return new CpuTopology(
        IntStream.range(0, nodes * 4)
            .mapToObj(id -> new CpuTopology.Cpu(id, id, id / 4, id / 4, 0))
            .toList());
  }

  private static String text(TopologyHint hint) {
    StringBuilder out = new StringBuilder();
    hint.nodesOr(NumaMask.NONE).nodes().forEach(out::append);
    return out + (hint.preferred() ? "!" : "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "",
      value = {
        "either node                     | 2 | 0-7   |     | 2 | 0! 01 1!",
        "the one that has as many        | 2 | 0,4-7 |     | 2 | 01 1!",
        "both, and one would do          | 2 | 0,4   |     | 2 | 01",
        "both, as no node has as many    | 2 | 0-7   |     | 6 | 01!",
        "not at all                      | 2 | 0,4   |     | 3 |",
        "where the pod's own are         | 2 | 0,4-7 | 1   | 2 | 0! 01",
        "two of four nodes               | 4 | 0-7   |     | 6 | 01! 012 0123 013",
      })
  void whereSoManyCouldComeFrom(
      String why, int nodes, String free, String reusable, int count, String hints) {
    assertThat(
            CpuHints.of(
                    nodes(nodes),
                    CpuSet.parse(free),
                    CpuSet.parse(reusable == null ? "" : reusable),
                    count)
                .getOrDefault("cpu", List.of())
                .stream()
                .map(CpuHintsTest::text)
                .sorted())
        .as(why)
        .containsExactly(hints == null ? new String[0] : hints.split(" "));
  }
}
