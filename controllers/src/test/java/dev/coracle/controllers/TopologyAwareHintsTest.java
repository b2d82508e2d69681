package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** For whose zone endpoints are meant by {@code topology-mode: Auto} (KEP-2433). */
class TopologyAwareHintsTest {

  private static final String ENABLED = "TopologyAwareHintsEnabled";
  private static final String DISABLED = "TopologyAwareHintsDisabled";
  private static final String MODE = "service.kubernetes.io/topology-mode";

  private final Cluster c = new Cluster();

  @BeforeEach
  void onlyTheNodesOfTheTestCount() {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"n1",
              "labels":{"node-role.kubernetes.io/control-plane":""}},
             "status":{"conditions":[{"type":"Ready","status":"True"}]}}\
            """));
  }

  private void service(String annotation, String mode) {
    c.api.put(
        Resources.SERVICES,
        KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"web"},
                 "spec":{"clusterIP":"10.96.0.9","selector":{"app":"web"},
                   "ports":[{"port":80,"protocol":"TCP"}]}}\
                """)
            .with(s ->
                s.withObjectProperty("metadata").putObject("annotations").put(annotation, mode)));
    c.pass(Duration.ofSeconds(5));
  }

  private void node(String name, String zone, String cpu) {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s",
              "labels":{"topology.kubernetes.io/zone":"%s"}},
             "status":{"allocatable":{"cpu":"%s"},
               "conditions":[{"type":"Ready","status":"True"}]}}\
            """
                .formatted(name, zone, cpu)));
    c.pass(Duration.ofSeconds(5));
  }

  private void pods(String node, int count) {
    for (int i = 0; i < count; i++) {
      String name = node + "-" + i;
      String ip = "10.244." + (node.charAt(0) - 'a') + "." + (i + 1);
      c.api.put(
          Resources.PODS,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s",
                 "labels":{"app":"web"}},"spec":{"nodeName":"%s"},
               "status":{"phase":"Running","podIP":"%s","podIPs":[{"ip":"%s"}],
                 "conditions":[{"type":"Ready","status":"True"}]}}\
              """
                  .formatted(name, node, ip, ip)));
    }
    c.pass(Duration.ofSeconds(5));
  }

  /** How many endpoints are meant for each zone, and how many of those are in another. */
  private String meant() {
    Map<String, Integer> zones = new TreeMap<>();
    int away = 0;
    for (KubeObject slice : c.api.all(Resources.ENDPOINT_SLICES)) {
      for (JsonNode e : slice.at("endpoints")) {
        String zone = e.path("hints").path("forZones").path(0).path("name").asText("-");
        zones.merge(zone, 1, Integer::sum);
        away += zone.equals("-") || zone.equals(e.path("zone").asText("")) ? 0 : 1;
      }
    }
    return zones + " " + away;
  }

  @ParameterizedTest(name = "CPUs {0}, pods {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "4,4,4 | 3,3,3 | {a=3, b=3, c=3} 0",
        "4,4,4 | 1,1,7 | {a=3, b=3, c=3} 4",
        "4,4,4 | 9,0,0 | {a=3, b=3, c=3} 6",
        "8,4,4 | 2,2,4 | {a=4, b=2, c=2} 2",
        "4,4,4 | 2,1,1 | {-=4} 0",
        "4,4,4 | 1,1,0 | {-=2} 0",
        "4,4,4 | 4,3,3 | {a=4, b=3, c=3} 0",
      })
  void eachZoneGetsItsShareOfTheEndpoints(String cpus, String pods, String expected) {
    service(MODE, "Auto");
    for (int i = 0; i < 3; i++) {
      String zone = String.valueOf((char) ('a' + i));
      node(zone + "1", zone, cpus.split(",")[i]);
    }
    for (int i = 0; i < 3; i++) {
      pods((char) ('a' + i) + "1", Integer.parseInt(pods.split(",")[i]));
    }
    assertThat(meant()).isEqualTo(expected);
  }

  private void threeZones(int each) {
    for (String zone : List.of("a", "b", "c")) {
      node(zone + "1", zone, "4");
      pods(zone + "1", each);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "service.kubernetes.io/topology-mode, Auto, true",
    "service.kubernetes.io/topology-mode, auto, true",
    "service.kubernetes.io/topology-mode, Disabled, false",
    "service.kubernetes.io/topology-aware-hints, auto, true",
  })
  void theAnnotationTurnsItOn(String annotation, String mode, boolean on) {
    threeZones(3);
    service(annotation, mode);
    assertThat(meant()).isEqualTo(on ? "{a=3, b=3, c=3} 0" : "{-=9} 0");
    assertThat(c.events(ENABLED))
        .containsExactlyElementsOf(
            on ? List.of("Topology Aware Hints has been enabled, addressType: IPv4") : List.of());
  }

  @Test
  void turnedOffItSaysSoAndTakesTheHintsBack() {
    threeZones(3);
    service(MODE, "Auto");
    service(MODE, "Disabled");
    assertThat(meant()).isEqualTo("{-=9} 0");
    assertThat(c.events(DISABLED))
        .containsExactly("Topology Aware Hints has been disabled, addressType: IPv4");
  }

  @Test
  void everyReasonForNoneIsTold() {
    service(MODE, "Auto");
    assertThat(c.events(DISABLED))
        .contains(
            "Insufficient Node information: allocatable CPU or zone not specified on one or more"
                + " nodes, addressType: IPv4");
    threeZones(0);
    pods("a1", 2);
    assertThat(c.events(DISABLED))
        .contains("Insufficient number of endpoints (2 endpoints, 3 zones), addressType: IPv4");
    pods("a1", 4);
    assertThat(c.events(DISABLED))
        .contains(
            "Unable to allocate minimum required endpoints to each zone without exceeding overload"
                + " threshold (4 endpoints, 3 zones), addressType: IPv4");
    assertThat(c.events(ENABLED)).isEmpty();
  }

  @Test
  void hintsThatWillDoStayWhenAPodComes() {
    threeZones(3);
    service(MODE, "Auto");
    pods("a1", 4);
    assertThat(meant()).isEqualTo("{a=4, b=3, c=3} 0");
    assertThat(c.events(ENABLED)).hasSize(1);
  }

  @Test
  void aZoneThatGrowsGetsMoreEndpoints() {
    threeZones(3);
    service(MODE, "Auto");
    node("b2", "b", "12");
    assertThat(meant()).as("16 of 24 CPUs are in zone b").isEqualTo("{a=2, b=5, c=2} 2");
  }

  @Test
  void theFieldHasNoSayBesideTheAnnotation() {
    threeZones(0);
    pods("a1", 9);
    service(MODE, "Auto");
    KubeObject service = c.api.all(Resources.SERVICES).getFirst();
    c.api.put(
        Resources.SERVICES,
        service.with(
            s -> ((ObjectNode) s.path("spec")).put("trafficDistribution", "PreferSameZone")));
    c.pass(Duration.ofSeconds(5));
    assertThat(meant()).isEqualTo("{a=3, b=3, c=3} 6");
  }
}
