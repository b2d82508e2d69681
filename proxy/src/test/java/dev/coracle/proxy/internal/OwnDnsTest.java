package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node with a DNS server of its own asks no other. */
class OwnDnsTest {

  private static final KubeObject DNS =
      KubeObject.parse(
          """
          {"apiVersion":"v1","kind":"Service","metadata":{"name":"kube-dns","namespace":"kube-system"},
           "spec":{"clusterIP":"10.96.0.10","ports":[
             {"name":"dns","port":53,"protocol":"UDP"},{"name":"metrics","port":9153}]}}
          """);
  private static final KubeObject SLICE =
      KubeObject.parse(
          """
          {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
           "metadata":{"name":"kube-dns","namespace":"kube-system"},
           "ports":[{"name":"dns","port":5353,"protocol":"UDP"},{"name":"metrics","port":9153}],
           "endpoints":[{"addresses":["192.0.2.1"]}]}
          """);

  @Test
  void port53LeadsToTheNodesOwnServerAndTheRestAsTheServiceSays() {
    List<ServicePort> ports =
        new ServiceTable("n2", "192.0.2.2:5400").ports(DNS, List.of(SLICE), "");
    assertThat(ports.get(0).endpoints()).containsExactly(new Endpoint("192.0.2.2", 5400));
    assertThat(ports.get(1).endpoints()).containsExactly(new Endpoint("192.0.2.1", 9153));
  }

  @Test
  void withoutOneEverythingIsAsTheServiceSays() {
    List<ServicePort> ports = new ServiceTable("n1", "").ports(DNS, List.of(SLICE), "");
    assertThat(ports.get(0).endpoints()).containsExactly(new Endpoint("192.0.2.1", 5353));
  }
}
