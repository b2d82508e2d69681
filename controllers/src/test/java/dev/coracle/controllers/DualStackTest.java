package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.controllers.config.ControllerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Nodes and endpoints with addresses of both families (KEP-563). */
class DualStackTest {

  private static Cluster cluster(String... podCidrs) {
    return new Cluster(_ ->
        ControllerOptions.of(List.of(podCidrs), "PEM")
            .without(List.of("node-lifecycle-controller")));
  }

  private static String service(String spec) {
    return "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"default\","
        + "\"name\":\"svc\"},\"spec\":{\"selector\":{\"app\":\"d\"},\"ports\":[{\"port\":80,"
        + "\"protocol\":\"TCP\"}],"
        + spec
        + "}}";
  }

  private static void pod(Cluster c, String name, String... ips) {
    StringBuilder list = new StringBuilder();
    for (String ip : ips) {
      list.append(list.isEmpty() ? "" : ",").append("{\"ip\":\"").append(ip).append("\"}");
    }
    c.api.put(
        Resources.PODS,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"default\",\"name\":\""
                + name
                + "\",\"labels\":{\"app\":\"d\"}},\"spec\":{\"nodeName\":\"n1\"},\"status\":{"
                + "\"phase\":\"Running\",\"podIP\":\""
                + ips[0]
                + "\",\"podIPs\":["
                + list
                + "],\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"));
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(text -> out.add(text.asText()));
    return out;
  }

  /** The addresses of the slices, by their type. */
  private static Map<String, List<String>> slices(Cluster c) {
    Map<String, List<String>> out = new TreeMap<>();
    for (KubeObject slice : c.api.all(Resources.ENDPOINT_SLICES)) {
      List<String> of = out.computeIfAbsent(slice.text("addressType"), _ -> new ArrayList<>());
      slice.at("endpoints").forEach(e -> of.addAll(texts(e.path("addresses"))));
      of.sort(null);
    }
    return out;
  }

  private static List<String> endpoints(Cluster c) {
    List<String> out = new ArrayList<>();
    c.get(Resources.ENDPOINTS, "svc")
        .at("subsets")
        .forEach(s -> out.addAll(s.path("addresses").findValuesAsText("ip")));
    out.sort(null);
    return out;
  }

  @Test
  void everyNodeGetsARangeOfEachFamily() {
    Cluster c = cluster("fd00:10:244::/56", "10.244.0.0/16");
    c.create(
        Resources.NODES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"}}");
    assertThat(c.api.all(Resources.NODES))
        .extracting(n -> n.text("spec", "podCIDR") + texts(n.at("spec", "podCIDRs")))
        .containsExactlyInAnyOrder(
            "fd00:10:244::/64[fd00:10:244::/64, 10.244.0.0/24]",
            "fd00:10:244:1::/64[fd00:10:244:1::/64, 10.244.1.0/24]");
  }

  @Test
  void aNodeThatHasOneRangeKeepsIt() {
    Cluster c = cluster("10.244.0.0/16", "fd00:10:244::/56");
    c.create(
        Resources.NODES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"old\"},\"spec\":{"
            + "\"podCIDR\":\"10.244.9.0/24\",\"podCIDRs\":[\"10.244.9.0/24\"]}}");
    c.pass(Duration.ofSeconds(1));
    KubeObject old = c.api.peek(Resources.NODES, "", "old");
    assertThat(old).isNotNull();
    assertThat(texts(old.at("spec", "podCIDRs"))).containsExactly("10.244.9.0/24");
  }

  @Test
  void whereOneFamilyIsUsedUpANodeGetsNone() {
    Cluster c = cluster("10.244.0.0/16", "fd00:10:244::/64");
    c.create(
        Resources.NODES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"}}");
    c.pass(Duration.ofSeconds(1));
    KubeObject node = c.api.peek(Resources.NODES, "", "n2");
    assertThat(node).isNotNull();
    assertThat(node.text("spec", "podCIDR")).isEmpty();
    assertThat(c.api.all(Resources.EVENTS))
        .extracting(e -> e.text("reason") + e.text("message") + e.text("note"))
        .contains("CIDRNotAvailableNode n2 status is now: CIDRNotAvailable");
    // What it did not get is there for the next one.
    c.api.remove(Resources.NODES, "", "n1");
    c.pass(Duration.ofMinutes(20));
    node = c.api.peek(Resources.NODES, "", "n2");
    assertThat(node).isNotNull();
    assertThat(texts(node.at("spec", "podCIDRs")))
        .containsExactly("10.244.0.0/24", "fd00:10:244::/64");
  }

  @Test
  void slicesAreOfTheFamiliesOfTheService() {
    Cluster c = cluster();
    pod(c, "both", "10.244.0.5", "fd00:10:244::5");
    pod(c, "four", "10.244.0.6");
    c.create(
        Resources.SERVICES,
        service("\"clusterIP\":\"fd00::9\",\"ipFamilies\":[\"IPv6\",\"IPv4\"]"));
    assertThat(slices(c))
        .containsExactly(
            Map.entry("IPv4", List.of("10.244.0.5", "10.244.0.6")),
            Map.entry("IPv6", List.of("fd00:10:244::5")));
    assertThat(endpoints(c)).containsExactly("fd00:10:244::5");

    // A family that the Service has lost goes with its slices.
    KubeObject one =
        c.get(Resources.SERVICES, "svc")
            .with(o -> o.withObjectProperty("spec").putArray("ipFamilies").add("IPv6"));
    c.api.update(Resources.SERVICES, one).await().indefinitely();
    c.pass(Duration.ofSeconds(1));
    assertThat(slices(c)).containsExactly(Map.entry("IPv6", List.of("fd00:10:244::5")));
  }

  @Test
  void aFamilyWithoutPodsHasAnEmptySlice() {
    Cluster c = cluster();
    pod(c, "four", "10.244.0.6");
    c.create(
        Resources.SERVICES,
        service("\"clusterIP\":\"10.96.0.9\",\"ipFamilies\":[\"IPv4\",\"IPv6\"]"));
    assertThat(slices(c))
        .containsExactly(Map.entry("IPv4", List.of("10.244.0.6")), Map.entry("IPv6", List.of()));
    assertThat(endpoints(c)).containsExactly("10.244.0.6");
  }

  @Test
  void headlessServicesFromBeforeThereWereFamiliesHaveBoth() {
    Cluster c = cluster();
    pod(c, "six", "fd00:10:244::6", "10.244.0.6");
    c.create(Resources.SERVICES, service("\"clusterIP\":\"None\""));
    assertThat(slices(c))
        .containsExactly(
            Map.entry("IPv4", List.of("10.244.0.6")), Map.entry("IPv6", List.of("fd00:10:244::6")));
    assertThat(endpoints(c)).containsExactly("fd00:10:244::6");
  }

  @Test
  void endpointsWrittenByHandAreMirroredByFamily() {
    Cluster c = cluster();
    c.create(
        Resources.SERVICES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"default\","
            + "\"name\":\"svc\"},\"spec\":{\"clusterIP\":\"10.96.0.9\",\"ports\":[{\"port\":80}]}}");
    c.create(
        Resources.ENDPOINTS,
        "{\"apiVersion\":\"v1\",\"kind\":\"Endpoints\",\"metadata\":{\"namespace\":\"default\","
            + "\"name\":\"svc\"},\"subsets\":[{\"addresses\":[{\"ip\":\"192.0.2.1\"},"
            + "{\"ip\":\"2001:db8::1\"}],\"ports\":[{\"port\":80}]}]}");
    c.pass(Duration.ofSeconds(1));
    assertThat(slices(c))
        .containsExactly(
            Map.entry("IPv4", List.of("192.0.2.1")), Map.entry("IPv6", List.of("2001:db8::1")));
  }
}
