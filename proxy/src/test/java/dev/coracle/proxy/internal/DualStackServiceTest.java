package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Services of one family and of both mean (KEP-563). */
class DualStackServiceTest {

  private final ServiceTable table = new ServiceTable("n1", "");

  private static KubeObject service(String clusterIps, String more) {
    String first = clusterIps.split(",")[0];
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},
         "spec":{"clusterIP":%s,"clusterIPs":[%s],
           "ports":[{"name":"http","protocol":"TCP","port":80,"nodePort":30080}]%s}}
        """
            .formatted(first, clusterIps, more));
  }

  private static KubeObject slice(String family, String... addresses) {
    StringBuilder endpoints = new StringBuilder();
    for (String address : addresses) {
      String node = address.endsWith("1") ? "n1" : "n2";
      endpoints.append(endpoints.isEmpty() ? "" : ",");
      endpoints.append("{\"addresses\":[\"%s\"],\"nodeName\":\"%s\"}".formatted(address, node));
    }
    return KubeObject.parse(
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"%s",
         "metadata":{"name":"web-%s","namespace":"shop"},
         "ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[%s]}
        """
            .formatted(family, family, endpoints));
  }

  private static final List<KubeObject> SLICES =
      List.of(
          slice("IPv4", "10.244.0.1", "10.244.1.2"),
          slice("IPv6", "fd00:244::1", "fd00:244:1::2"),
          slice("FQDN", "example.org"));

  @Test
  void eachFamilyLeadsToItsOwnEndpoints() {
    List<ServicePort> ports = table.ports(service("\"10.96.0.5\",\"fd00:96::5\"", ""), SLICES, "");

    assertThat(ports)
        .extracting(ServicePort::key)
        .containsExactly("shop/web:http", "shop/web:http/IPv6");
    assertThat(ports.get(0).addresses()).containsExactly("10.96.0.5");
    assertThat(ports.get(0).endpoints())
        .containsExactly(new Endpoint("10.244.0.1", 8080), new Endpoint("10.244.1.2", 8080));
    assertThat(ports.get(1).family()).isEqualTo(IpFamily.IPv6);
    assertThat(ports.get(1).addresses()).containsExactly("fd00:96::5");
    assertThat(ports.get(1).outside().nodePort()).isEqualTo(30080);
    assertThat(ports.get(1).endpoints())
        .containsExactlyInAnyOrder(
            new Endpoint("fd00:244::1", 8080), new Endpoint("fd00:244:1::2", 8080));
  }

  @Test
  void theFirstFamilyHasThePlainKey() {
    assertThat(table.ports(service("\"fd00:96::5\",\"10.96.0.5\"", ""), SLICES, ""))
        .extracting(ServicePort::key, ServicePort::family)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("shop/web:http", IpFamily.IPv6),
            org.assertj.core.groups.Tuple.tuple("shop/web:http/IPv4", IpFamily.IPv4));
    assertThat(table.ports(service("\"fd00:96::5\"", ""), SLICES, ""))
        .extracting(ServicePort::family)
        .containsExactly(IpFamily.IPv6);
    assertThat(table.ports(service("\"10.96.0.5\"", ""), SLICES, ""))
        .extracting(ServicePort::family)
        .containsExactly(IpFamily.IPv4);
  }

  @Test
  void externalAddressesAndPoliciesHoldWithinAFamily() {
    KubeObject service =
        service(
                "\"10.96.0.5\",\"fd00:96::5\"",
                """
                ,"type":"LoadBalancer","externalTrafficPolicy":"Local","internalTrafficPolicy":"Local",
                 "externalIPs":["2001:db8::7","192.0.2.7"]\
                """)
            .with(o ->
                o.putObject("status")
                    .putObject("loadBalancer")
                    .putArray("ingress")
                    .addObject()
                    .put("ip", "2001:db8::8"));
    List<ServicePort> ports = table.ports(service, SLICES, "");

    assertThat(ports.get(0).addresses()).containsExactly("10.96.0.5");
    assertThat(ports.get(0).outside().allAddresses()).containsExactly("192.0.2.7");
    assertThat(ports.get(1).addresses()).containsExactly("fd00:96::5");
    assertThat(ports.get(1).outside().addresses()).containsExactly("2001:db8::7");
    assertThat(ports.get(1).outside().balanced()).containsExactly("2001:db8::8");
    for (ServicePort port : ports) {
      assertThat(port.outside().keepSource()).isTrue();
      assertThat(port.endpoints()).hasSize(1).isEqualTo(port.outside().endpoints());
      assertThat(port.endpoints().getFirst().address()).endsWith("1");
      assertThat(port.anywhere()).hasSize(2);
    }
  }

  @Test
  void theNodesOwnDnsServerAnswersInItsOwnFamily() {
    KubeObject dns =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service",
             "metadata":{"name":"kube-dns","namespace":"kube-system"},
             "spec":{"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10","fd00:96::a"],
               "ports":[{"name":"dns","port":53,"protocol":"UDP"}]}}
            """);
    List<ServicePort> ports = new ServiceTable("n1", "192.0.2.2:5400").ports(dns, List.of(), "");
    assertThat(ports.get(0).endpoints()).containsExactly(new Endpoint("192.0.2.2", 5400));
    assertThat(ports.get(1).endpoints()).isEmpty();
    assertThat(
            new ServiceTable("n1", "[2001:db8::2]:5400")
                .ports(dns, List.of(), "")
                .get(1)
                .endpoints())
        .containsExactly(new Endpoint("2001:db8::2", 5400));
  }
}
