package dev.coracle.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import org.junit.jupiter.api.Test;

class ResourceMetricsKindsTest {
  @Test
  void fitIntoAScheme() {
    Scheme scheme = Scheme.builtIn();
    ResourceMetricsKinds.definitions().forEach(scheme::put);
    ResourceDefinition pods = scheme.resource(MetricsServer.PODS).orElseThrow();
    assertThat(pods.kind().kind()).isEqualTo("PodMetrics");
    assertThat(pods.namespaced()).isTrue();
    assertThat(pods.verbs()).containsExactly("get", "list");
    ResourceDefinition nodes = scheme.resource(MetricsServer.NODES).orElseThrow();
    assertThat(nodes.listKind()).isEqualTo("NodeMetricsList");
    assertThat(nodes.namespaced()).isFalse();
    assertThat(scheme.group("metrics.k8s.io")).isPresent();
  }
}
