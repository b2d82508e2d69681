package dev.coracle.kubelet.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.deviceplugin.v1beta1.NUMANode;
import dev.coracle.deviceplugin.v1beta1.TopologyInfo;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From where so many devices could come: a and b are on node 0, c on 1, d on both, e on none. */
class DeviceHintsTest {
  private static final List<Device> DEVICES =
      List.of(device("a", 0), device("b", 0), device("c", 1), device("d", 0, 1), device("e"));

  private static Device device(String id, int... nodes) {
    Device.Builder out = Device.newBuilder().setID(id);
    if (nodes.length > 0) {
      TopologyInfo.Builder topology = TopologyInfo.newBuilder();
      for (int node : nodes) {
        topology.addNodes(NUMANode.newBuilder().setID(node));
      }
      out.setTopology(topology);
    }
    return out.build();
  }

  private static Set<String> ids(String text) {
    return text == null ? Set.of() : Set.of(text.split(""));
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
        "either node                 | abcde |   | 1 | 0! 01 1!",
        "the one with as many        | abc   |   | 2 | 0! 01",
        "both, and one would do      | bc    |   | 2 | 01",
        "one that is near to both    | cd    |   | 2 | 01 1!",
        "both, as no one has as many | abcd  |   | 4 | 01!",
        "where the pod's own is      | ab    | c | 1 | 01 1!",
        "not at all                  | c     |   | 2 |",
      })
  void whereSoManyCouldComeFrom(String why, String free, String reuse, int count, String hints) {
    assertThat(
            DeviceHints.of(NumaMask.of(Set.of(0, 1)), DEVICES, ids(free), ids(reuse), count)
                .stream()
                .map(DeviceHintsTest::text)
                .sorted())
        .as(why)
        .containsExactly(hints == null ? new String[0] : hints.split(" "));
  }

  @Test
  void whatSaysNothingOfItsPlaceMayComeFromAnywhere() {
    assertThat(DeviceHints.isAligned(DEVICES)).isTrue();
    assertThat(DeviceHints.isAligned(List.of(device("e")))).isFalse();
  }
}
