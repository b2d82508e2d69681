package dev.coracle.kubelet.internal.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kubelet says that it goes by is what it was told. */
class ConfigzTest {
  private static final List<String> FIELDS =
      List.of(
          "kind",
          "apiVersion",
          "memoryManagerPolicy",
          "reservedMemory",
          "topologyManagerPolicy",
          "topologyManagerPolicyOptions",
          "topologyManagerScope");

  private static KubeletConfiguration parse(String fields) {
    return KubeletConfiguration.parse(
        Json.parseObject(
            """
            {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"%s}
            """
                .formatted(fields)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",\"topologyManagerPolicy\":\"restricted\",\"topologyManagerScope\":\"pod\"",
        ",\"topologyManagerPolicy\":\"single-numa-node\",\"topologyManagerPolicyOptions\":"
            + "{\"prefer-closest-numa-nodes\":\"true\",\"max-allowable-numa-nodes\":\"12\"}",
        ",\"memoryManagerPolicy\":\"Static\",\"reservedMemory\":["
            + "{\"numaNode\":1,\"limits\":{\"memory\":\"1Gi\",\"hugepages-2Mi\":\"4Mi\"}},"
            + "{\"numaNode\":0,\"limits\":{\"memory\":\"100Mi\"}}]",
      })
  void numaNodes(String fields) {
    KubeletConfiguration chosen = parse(fields);
    ObjectNode told =
        (ObjectNode)
            Configz.of(
                    KubeletOptions.of("n1", "192.0.2.1", Path.of("/k"), Path.of("/l"), "fake")
                        .withConfiguration(chosen))
                .path("kubeletconfig");
    assertThat(KubeletConfiguration.parse(told.retain(FIELDS)).numa()).isEqualTo(chosen.numa());
  }
}
