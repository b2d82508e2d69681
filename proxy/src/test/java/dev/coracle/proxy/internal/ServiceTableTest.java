package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceTableTest {

  @ParameterizedTest
  @CsvSource({
    "example.com/any, 1",
    "service.kubernetes.io/service-proxy-name, 0",
    "service.kubernetes.io/headless, 0"
  })
  void servicesOfAnotherProxyAreLeftToIt(String label, int ports) {
    KubeObject service =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service",
             "metadata":{"name":"web","namespace":"shop","labels":{"%s":"x"}},
             "spec":{"clusterIP":"10.96.0.5","ports":[{"name":"http","port":80}]}}
            """
                .formatted(label));
    assertThat(new ServiceTable("n1", "").ports(service, List.of(), "")).hasSize(ports);
  }
}
