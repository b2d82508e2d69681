package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Services of type LoadBalancer get the addresses of the nodes. */
class ServiceLoadBalancerTest {

  private final Cluster c =
      new Cluster(options ->
          options
              .without(List.of("node-lifecycle-controller"))
              .withTakenPorts(Map.of(6443, "the API server")));

  @BeforeEach
  void nodes() {
    node("n1", "", "True", "192.0.2.1", "2001:db8::1");
    node("n2", "", "True", "192.0.2.2");
    node("n3", "", "False", "192.0.2.3");
    node(
        "n4",
        "\"labels\":{\"node.kubernetes.io/exclude-from-external-load-balancers\":\"\"},",
        "True",
        "192.0.2.4");
  }

  private void node(String name, String metadata, String ready, String... addresses) {
    StringBuilder list = new StringBuilder("{\"type\":\"Hostname\",\"address\":\"" + name + "\"}");
    for (String address : addresses) {
      list.append(",{\"type\":\"InternalIP\",\"address\":\"").append(address).append("\"}");
    }
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{%s"name":"%s"},"spec":{},
             "status":{"conditions":[{"type":"Ready","status":"%s"}],"addresses":[%s]}}\
            """
                .formatted(metadata, name, ready, list)));
    c.pass(Duration.ofMillis(100));
  }

  private void service(String name, int port, String more) {
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"%s"},
         "spec":{"type":"LoadBalancer","selector":{"app":"d"},"ipFamilies":["IPv4"],
          "ports":[{"port":%d,"protocol":"TCP"}]%s}}\
        """
            .formatted(name, port, more));
    c.pass(Duration.ofSeconds(1));
  }

  private void spec(String name, String field, String value) {
    c.api.change(
        Resources.SERVICES,
        "default",
        name,
        tree -> ((ObjectNode) tree.get("spec")).put(field, value));
    c.pass(Duration.ofSeconds(1));
  }

  private List<String> addresses(String service) {
    List<String> out = new ArrayList<>();
    for (JsonNode one :
        c.get(Resources.SERVICES, service).at("status", "loadBalancer", "ingress")) {
      out.add(one.path("ip").asText());
      assertThat(one.path("ipMode").asText()).isEqualTo("VIP");
    }
    return out;
  }

  private List<String> told(String service, String reason) {
    return c.api.all(Resources.EVENTS).stream()
        .filter(e -> e.text("involvedObject", "name").equals(service))
        .filter(e -> e.text("reason").equals(reason))
        .map(e -> e.text("message"))
        .toList();
  }

  @Test
  void aServiceGetsTheAddressesOfTheNodesThatTakeTraffic() {
    service("web", 80, "");
    assertThat(addresses("web")).containsExactly("192.0.2.1", "192.0.2.2");
    assertThat(told("web", "EnsuredLoadBalancer")).containsExactly("Ensured load balancer");

    node("n3", "", "True", "192.0.2.3");
    assertThat(addresses("web")).containsExactly("192.0.2.1", "192.0.2.2", "192.0.2.3");
    assertThat(told("web", "UpdatedLoadBalancer"))
        .containsExactly("Updated load balancer with new hosts");
    c.api.remove(Resources.NODES, "", "n1");
    c.pass(Duration.ofSeconds(1));
    assertThat(addresses("web")).containsExactly("192.0.2.2", "192.0.2.3");
  }

  @Test
  void itKeepsWhatItHasWhileNoNodeIsReady() {
    service("web", 80, "");
    node("n1", "", "False", "192.0.2.1");
    node("n2", "", "False", "192.0.2.2");
    assertThat(addresses("web")).isNotEmpty();
    assertThat(told("web", "UnAvailableLoadBalancer")).isNotEmpty();
  }

  @Test
  void eachFamilyHasItsAddresses() {
    service("both", 80, ",\"clusterIPs\":[\"fd00::1\",\"10.96.0.9\"]");
    c.api.change(
        Resources.SERVICES,
        "default",
        "both",
        tree -> ((ObjectNode) tree.get("spec")).putArray("ipFamilies").add("IPv6").add("IPv4"));
    c.pass(Duration.ofSeconds(1));
    assertThat(addresses("both")).containsExactly("2001:db8::1", "192.0.2.1", "192.0.2.2");
  }

  @Test
  void aPortBelongsToTheServiceThatAskedForItFirst() {
    service("first", 80, "");
    service("second", 80, "");
    assertThat(addresses("second")).isEmpty();
    assertThat(told("second", "SyncLoadBalancerFailed"))
        .containsExactly(
            "Error syncing load balancer: failed to ensure load balancer: port 80/TCP of the nodes"
                + " belongs to Service default/first");

    c.api.remove(Resources.SERVICES, "default", "first");
    c.pass(Duration.ofSeconds(1));
    assertThat(addresses("second")).containsExactly("192.0.2.1", "192.0.2.2");
  }

  @Test
  void whoHasAPortKeepsItThoughAnotherCameInTheSameSecond() {
    List<String> names = List.of("a", "b", "c", "d", "e", "f", "g", "h");
    for (String name : names) {
      c.create(
          Resources.SERVICES,
          """
          {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"%s"},
           "spec":{"type":"LoadBalancer","ipFamilies":["IPv4"],"ports":[{"port":80}]}}\
          """
              .formatted(name));
    }
    c.pass(Duration.ofSeconds(1));
    assertThat(names.stream().filter(name -> !addresses(name).isEmpty())).hasSize(1);
  }

  @Test
  void whoCannotHaveAllItsPortsHoldsNone() {
    service("first", 443, "");
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"both"},
         "spec":{"type":"LoadBalancer","ipFamilies":["IPv4"],
          "ports":[{"name":"a","port":80},{"name":"b","port":443}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(addresses("both")).isEmpty();
    service("third", 80, "");
    assertThat(addresses("third")).isNotEmpty();

    c.api.remove(Resources.SERVICES, "default", "first");
    c.api.remove(Resources.SERVICES, "default", "third");
    c.pass(Duration.ofSeconds(1));
    assertThat(addresses("both")).isNotEmpty();
  }

  @Test
  void whoAsksForAPortMoreThanItCanHaveLosesAllOfThem() {
    service("one", 80, "");
    service("other", 443, "");
    service("waits", 80, "");
    assertThat(addresses("waits")).isEmpty();
    c.api.change(
        Resources.SERVICES,
        "default",
        "one",
        tree -> ((ObjectNode) tree.get("spec")).withArray("ports").addObject().put("port", 443));
    c.pass(Duration.ofSeconds(1));
    assertThat(addresses("one")).isEmpty();
    assertThat(addresses("waits")).isNotEmpty();
  }

  @Test
  void whatListensOnTheNodesIsNotLedElsewhere() {
    service("api", 6443, "");
    assertThat(addresses("api")).isEmpty();
    assertThat(told("api", "SyncLoadBalancerFailed").getFirst())
        .endsWith("port 6443/TCP of the nodes belongs to the API server");
  }

  @Test
  void withTheClientsAddressKeptItIsWhereTheEndpointsAre() {
    service("web", 80, ",\"externalTrafficPolicy\":\"Local\"");
    assertThat(addresses("web")).isEmpty();
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 1, "i"));
    c.pass(Duration.ofSeconds(2));
    assertThat(addresses("web")).containsExactly("192.0.2.1");
  }

  @Test
  void anotherClassIsSomebodyElses() {
    service("theirs", 80, ",\"loadBalancerClass\":\"example.com/vip\"");
    service("ours", 80, "");
    assertThat(addresses("theirs")).isEmpty();
    assertThat(addresses("ours")).isNotEmpty();
  }

  @Test
  void itsAddressesGoWithItsType() {
    service("web", 80, "");
    spec("web", "type", "ClusterIP");
    assertThat(addresses("web")).isEmpty();
  }
}
