package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Services that become others: what only the former ones have goes, unless it is asked for anew.
 */
@ExtendWith(OwnServer.class)
class ServiceTypesTest {

  private static final String SERVICES = "/api/v1/namespaces/default/services";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static JsonNode become(String spec) {
    return api.merge(SERVICES + "/s", "{spec: " + spec + "}").ok().body().path("spec");
  }

  @Test
  void fromABalancerToAName() {
    JsonNode balanced =
        api.post(
                SERVICES,
                "{metadata: {name: s}, spec: {type: LoadBalancer, loadBalancerClass: example.com/lb,"
                    + " externalTrafficPolicy: Local, ports: [{port: 80}]}}")
            .ok()
            .body()
            .path("spec");
    assertThat(balanced.path("healthCheckNodePort").asInt()).isPositive();
    assertThat(
            api.merge(SERVICES + "/s", "{spec: {loadBalancerClass: example.com/other}}").message())
        .isEqualTo(
            "Service \"s\" is invalid: spec.loadBalancerClass: Invalid value:"
                + " \"example.com/other\": may not change once set");
    JsonNode cluster = become("{externalTrafficPolicy: Cluster}");
    assertThat(cluster.has("healthCheckNodePort")).isFalse();
    JsonNode node = become("{type: NodePort}");
    assertThat(node.has("allocateLoadBalancerNodePorts")).isFalse();
    assertThat(node.has("loadBalancerClass")).isFalse();
    assertThat(node.at("/ports/0/nodePort")).isEqualTo(balanced.at("/ports/0/nodePort"));
    JsonNode inside = become("{type: ClusterIP}");
    assertThat(inside.has("externalTrafficPolicy")).isFalse();
    assertThat(inside.at("/ports/0").has("nodePort")).isFalse();
    assertThat(inside.path("clusterIP")).isEqualTo(balanced.path("clusterIP"));
    JsonNode named = become("{type: ExternalName, externalName: example.com, clusterIP: ''}");
    assertThat(named.has("clusterIPs")).isFalse();
    assertThat(named.has("ipFamilies")).isFalse();
    assertThat(api.merge(SERVICES + "/s", "{spec: {ipFamilies: [IPv4]}}").message())
        .isEqualTo(
            "Service \"s\" is invalid: spec.ipFamilies: Forbidden: may not be set for ExternalName"
                + " services");
  }

  @Test
  void whatAChangeLeavesBehindIsFreeAtOnce() {
    JsonNode spec =
        api.post(SERVICES, "{metadata: {name: one}, spec: {type: NodePort, ports: [{port: 80}]}}")
            .ok()
            .body()
            .path("spec");
    int port = spec.at("/ports/0/nodePort").asInt();
    String ip = spec.path("clusterIP").asText();
    api.merge(SERVICES + "/one", "{spec: {type: ExternalName, externalName: example.com}}").ok();
    assertThat(api.get("/apis/networking.k8s.io/v1/ipaddresses/" + ip).code()).isEqualTo(404);
    api.post(
            SERVICES,
            "{metadata: {name: two}, spec: {type: NodePort, clusterIP: "
                + ip
                + ", ports: [{port: 80, nodePort: "
                + port
                + "}]}}")
        .ok();
  }
}
