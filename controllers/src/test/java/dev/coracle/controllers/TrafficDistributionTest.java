package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** For whom endpoints are meant by a Service's trafficDistribution (KEP-4444, KEP-3015). */
class TrafficDistributionTest {

  private final Cluster c = new Cluster();

  private void service(String distribution) {
    c.api.put(
        Resources.SERVICES,
        KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"web"},
                 "spec":{"clusterIP":"10.96.0.9","selector":{"app":"web"},
                   "ports":[{"port":80,"protocol":"TCP"}]}}\
                """)
            .with(s -> {
              if (!distribution.isEmpty()) {
                ((ObjectNode) s.path("spec")).put("trafficDistribution", distribution);
              }
            }));
    c.pass(Duration.ofSeconds(5));
  }

  private void node(String name, String zone) {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s",
              "labels":{"topology.kubernetes.io/zone":"%s"}}}\
            """
                .formatted(name, zone)));
    c.pass(Duration.ofSeconds(5));
  }

  private void pod(String name, String node, String ip, boolean ready) {
    c.api.put(
        Resources.PODS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s",
               "labels":{"app":"web"}},"spec":{"nodeName":"%s"},
             "status":{"phase":"Running","podIP":"%s","podIPs":[{"ip":"%s"}],
               "conditions":[{"type":"Ready","status":"%s"}]}}\
            """
                .formatted(name, node, ip, ip, ready ? "True" : "False")));
    c.pass(Duration.ofSeconds(5));
  }

  /** Hints by address, as text. */
  private Map<String, String> hints() {
    Map<String, String> out = new TreeMap<>();
    for (KubeObject slice : c.api.all(Resources.ENDPOINT_SLICES)) {
      for (JsonNode e : slice.at("endpoints")) {
        out.put(e.path("addresses").path(0).asText(), e.path("hints").toString());
      }
    }
    return out;
  }

  private void cluster() {
    node("a1", "a");
    node("b1", "b");
    pod("one", "a1", "10.244.0.1", true);
    pod("two", "b1", "10.244.0.2", true);
    pod("three", "b1", "10.244.0.3", false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PreferClose | {'forZones':[{'name':'a'}]}",
        "PreferSameZone | {'forZones':[{'name':'a'}]}",
        "PreferSameNode | {'forNodes':[{'name':'a1'}],'forZones':[{'name':'a'}]}",
        "'' | ''",
      })
  void readyEndpointsAreMeantForTheirOwnPlace(String distribution, String one) {
    cluster();
    service(distribution);
    assertThat(hints().get("10.244.0.1")).isEqualTo(one.replace('\'', '"'));
    assertThat(hints().get("10.244.0.2"))
        .isEqualTo(one.replace("'a'", "'b'").replace("'a1'", "'b1'").replace('\'', '"'));
    assertThat(hints()).containsEntry("10.244.0.3", "");
  }

  @Test
  void hintsFollowTheServiceAndTheNodesZone() {
    cluster();
    service("PreferSameZone");
    node("a1", "c");
    assertThat(hints()).containsEntry("10.244.0.1", "{\"forZones\":[{\"name\":\"c\"}]}");
    service("");
    assertThat(hints()).containsEntry("10.244.0.1", "").containsEntry("10.244.0.2", "");
  }
}
