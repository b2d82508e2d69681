package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What slices have of their Service's and their Endpoints' labels and annotations. */
class EndpointSliceMetadataTest {

  private final Cluster c = new Cluster();

  private void service(String spec) {
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service",
         "metadata":{"namespace":"default","name":"s","labels":{"a":"1"}},
         "spec":{%s"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],"ports":[{"port":80}]}}\
        """
            .formatted(spec));
    c.pass(Duration.ofSeconds(1));
  }

  private void endpoints() {
    c.create(
        Resources.ENDPOINTS,
        """
        {"apiVersion":"v1","kind":"Endpoints","metadata":{"namespace":"default","name":"s",
          "annotations":{"note":"1","kubectl.kubernetes.io/last-applied-configuration":"x"}},
         "subsets":[{"addresses":[{"ip":"10.1.1.1"},{"ip":"10.1.1.2"}],
          "ports":[{"port":80,"protocol":"TCP"}]}]}\
        """);
    c.pass(Duration.ofSeconds(1));
  }

  private void edit(Consumer<ObjectNode> change) {
    c.edit(Resources.ENDPOINTS, "s", change);
    c.pass(Duration.ofSeconds(1));
  }

  private KubeObject slice() {
    assertThat(c.api.all(Resources.ENDPOINT_SLICES)).hasSize(1);
    return c.api.all(Resources.ENDPOINT_SLICES).getFirst();
  }

  @Test
  void aLabelThatAServiceLosesItsSlicesLose() {
    service("\"selector\":{\"app\":\"a\"},");
    assertThat(slice().labels()).containsEntry("a", "1");
    c.edit(
        Resources.SERVICES,
        "s",
        n -> n.withObjectProperty("metadata").putObject("labels").put("b", "2"));
    c.pass(Duration.ofSeconds(1));
    assertThat(slice().labels())
        .containsEntry("b", "2")
        .containsEntry("kubernetes.io/service-name", "s")
        .containsKey("endpointslice.kubernetes.io/managed-by")
        .doesNotContainKey("a");
  }

  @Test
  void labelsAndAnnotationsOfEndpointsAreMirroredAsTheyChange() {
    service("");
    endpoints();
    assertThat(slice().annotations()).containsOnlyKeys("note");
    edit(n -> {
      ObjectNode metadata = n.withObjectProperty("metadata");
      metadata.putObject("labels").put("tier", "t");
      metadata
          .putObject("annotations")
          .put("other", "2")
          .put("endpoints.kubernetes.io/last-change-trigger-time", "date");
    });
    assertThat(slice().annotations()).containsOnlyKeys("other");
    assertThat(slice().labels()).containsEntry("tier", "t");
    edit(n -> n.withObjectProperty("metadata").remove("annotations"));
    assertThat(slice().annotations()).isEmpty();
  }

  private double counter(String operation) {
    return c.registry
        .counter("endpoint_slice_mirroring_controller_changes", "operation", operation)
        .count();
  }

  private double sum(String name) {
    return c.registry.get("endpoint_slice_mirroring_controller_" + name).summary().totalAmount();
  }

  private double gauge(String name) {
    return c.registry.get("endpoint_slice_mirroring_controller_" + name).gauge().value();
  }

  @Test
  void whatIsMirroredIsCounted() {
    service("");
    endpoints();
    assertThat(gauge("endpoints_desired")).isEqualTo(2);
    assertThat(gauge("num_endpoint_slices")).isEqualTo(1);
    assertThat(gauge("desired_endpoint_slices")).isEqualTo(1);
    assertThat(sum("endpoints_added_per_sync")).isEqualTo(2);
    assertThat(counter("create")).isEqualTo(1);
    edit(n -> {
      ObjectNode subset = (ObjectNode) n.withArrayProperty("subsets").get(0);
      subset.putArray("addresses").addObject().put("ip", "10.1.1.1").put("nodeName", "n1");
    });
    assertThat(sum("endpoints_updated_per_sync")).isEqualTo(1);
    assertThat(sum("endpoints_removed_per_sync")).isEqualTo(1);
    assertThat(sum("addresses_skipped_per_sync")).isZero();
    assertThat(counter("update")).isEqualTo(1);
    assertThat(
            c.registry
                .get("endpoint_slice_mirroring_controller_endpoints_sync_duration")
                .summary()
                .count())
        .isPositive();
    c.edit(
        Resources.SERVICES,
        "s",
        n -> n.withObjectProperty("spec").putObject("selector").put("app", "a"));
    c.pass(Duration.ofSeconds(1));
    assertThat(counter("delete")).isEqualTo(1);
    assertThat(gauge("endpoints_desired")).isZero();
  }
}
