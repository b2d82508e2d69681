package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.KubeletConfiguration;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What of a machine of 4 CPUs, 8 GiB, of them 1 GiB in huge pages, is for pods. */
class AllocatableTest {
  private static Allocatable of(String fields) {
    ObjectNode document = Json.parseObject(("{" + fields + "}").getBytes());
    document.put("apiVersion", "kubelet.config.k8s.io/v1beta1").put("kind", "KubeletConfiguration");
    return new Allocatable(
        new Machine(4, 8L << 30, "", "", "", "", "", "", Map.of("hugepages-2Mi", 1L << 30), false),
        KubeletConfiguration.parse(document));
  }

  @Test
  void evictionKeepsSomethingFree() {
    Allocatable all = of("");
    assertThat(all.cpu()).hasToString("4");
    assertThat(all.memory()).hasToString("7068Mi");
    assertThat(all.disk(1000)).hasToString("900");
    Allocatable less = of("\"evictionHard\":{\"memory.available\":\"1Gi\"}");
    assertThat(less.memory()).hasToString("6Gi");
    assertThat(less.disk(1000)).as("not watched").isEqualTo(Quantity.of(1000));
  }

  @Test
  void whatIsReservedIsForNoPod() {
    Allocatable left =
        of(
            """
            "kubeReserved":{"cpu":"250m","memory":"512Mi","ephemeral-storage":"100"},
            "systemReserved":{"cpu":"500m","memory":"512Mi","pid":"1000"}
            """);
    assertThat(left.cpu()).hasToString("3250m");
    assertThat(left.memory()).hasToString("6044Mi");
    assertThat(left.disk(1000)).hasToString("800");
    assertThat(left.enforced(OptionalLong.of(32_000)))
        .as("the kernel lets pods have what eviction keeps free")
        .isEqualTo(
            Map.of(
                "cpu", Quantity.parse("3250m"),
                "memory", Quantity.parse("6Gi"),
                "hugepages-2Mi", Quantity.parse("1Gi"),
                "pid", Quantity.parse("31000")));
    assertThat(left.capacity(OptionalLong.empty()))
        .isEqualTo(
            Map.of(
                "cpu", Quantity.of(4),
                "memory", Quantity.parse("8Gi"),
                "hugepages-2Mi", Quantity.parse("1Gi")));
  }

  @Test
  void namedCpusCountInsteadOfAnAmount() {
    Allocatable left =
        of(
            """
            "reservedSystemCPUs":"0,2-3","kubeReserved":{"cpu":"1"},"systemReserved":{"cpu":"2"}
            """);
    assertThat(left.cpu()).hasToString("1");
  }

  @Test
  void moreThanThereIsCannotBeReserved() {
    assertThat(of("").impossible(1000)).isEmpty();
    assertThat(of("\"systemReserved\":{\"memory\":\"8Gi\",\"cpu\":\"5\"}").impossible(1000))
        .hasValue(
            "invalid Node Allocatable configuration. Resource \"cpu\" has a reservation of 5 but"
                + " capacity of 4. Expected capacity >= reservation. Resource \"memory\" has a"
                + " reservation of 8292Mi but capacity of 8Gi. Expected capacity >= reservation.");
  }
}
