package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Where a service leads. */
@Conformance
class EndpointSlicesIT {

  private static final String SLICES = "endpointslices.discovery.k8s.io";

  @Test
  @DisplayName(
      "[sig-network] EndpointSlice should create and delete EndpointSlices for a Service with a"
          + " selector that matches no pods [Conformance]")
  void empty(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports:"
            + " [{port: 80}]}}");
    JsonNode slice =
        space.awaitList(SLICES, "kubernetes.io/service-name=s", "one", l -> l.size() == 1).get(0);
    assertThat(text(slice, "/metadata/labels/endpointslice.kubernetes.io~1managed-by"))
        .isEqualTo("endpointslice-controller.k8s.io");
    assertThat(slice.path("endpoints").isEmpty()).isTrue();
    space.delete("services", "s");
    space.awaitList(SLICES, "kubernetes.io/service-name=s", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointSlice should create Endpoints and EndpointSlices for Pods matching a"
          + " Service [Conformance]")
  void matching(Space space) {
    JsonNode pod = space.start(TestPod.server("pod1", "es", 3000));
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: s1}, spec: {selector: {app: es}, ports:"
            + " [{name: example, port: 80, targetPort: 3000, protocol: TCP}]}}");
    JsonNode slice =
        space
            .awaitList(
                SLICES,
                "kubernetes.io/service-name=s1",
                "full",
                l -> l.size() == 1 && l.get(0).path("endpoints").size() == 1)
            .get(0);
    assertThat(text(slice, "/endpoints/0/addresses/0")).isEqualTo(text(pod, "/status/podIP"));
    assertThat(text(slice, "/endpoints/0/targetRef/name")).isEqualTo("pod1");
    assertThat(text(slice, "/endpoints/0/nodeName")).isEqualTo(text(pod, "/spec/nodeName"));
    assertThat(slice.at("/endpoints/0/conditions/ready").asBoolean()).isTrue();
    assertThat(slice.at("/ports/0/port").asInt()).isEqualTo(3000);
    assertThat(text(slice, "/ports/0/name")).isEqualTo("example");
    JsonNode endpoints = awaitEndpoints(space, "s1", 1);
    assertThat(text(endpoints, "/subsets/0/addresses/0/ip")).isEqualTo(text(pod, "/status/podIP"));
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointSlice should support a Service with multiple endpoint IPs specified in"
          + " multiple EndpointSlices [Conformance]")
  void manySlices(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: own}, spec: {ports: [{name: http, port:"
            + " 80}]}}");
    String[] ips = {
      text(space.start(TestPod.server("one", "x", 8080)), "/status/podIP"),
      text(space.start(TestPod.server("two", "x", 8080)), "/status/podIP")
    };

    for (int i = 0; i < 2; i++) {
      space.create(
          """
          apiVersion: discovery.k8s.io/v1
          kind: EndpointSlice
          metadata: {name: own-%d, labels: {kubernetes.io/service-name: own, endpointslice.kubernetes.io/managed-by: e2e}}
          addressType: IPv4
          endpoints: [{addresses: [%s]}]
          ports: [{name: http, port: 8080, protocol: TCP}]
          """
              .formatted(i, ips[i]));
    }
    space.start(TestPod.sleeping("client"));
    awaitNames(
        space, "http://" + text(space.get("services", "own"), "/spec/clusterIP"), "one", "two");
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointSlice should support a Service with multiple ports specified in"
          + " multiple EndpointSlices [Conformance]")
  void manyPorts(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: own}, spec: {ports: [{name: a, port: 80},"
            + " {name: b, port: 81}]}}");
    String[] ips = {
      text(space.start(TestPod.server("one", "x", 8080)), "/status/podIP"),
      text(
          space.start(
              TestPod.server("two", "x", 8080)
                  .script("exec httpd -f -p 8081 -h /www")
                  .container("{readinessProbe: null}")),
          "/status/podIP")
    };

    for (int i = 0; i < 2; i++) {
      space.create(
          """
          apiVersion: discovery.k8s.io/v1
          kind: EndpointSlice
          metadata: {name: own-%d, labels: {kubernetes.io/service-name: own, endpointslice.kubernetes.io/managed-by: e2e}}
          addressType: IPv4
          endpoints: [{addresses: [%s]}]
          ports: [{name: %s, port: %d, protocol: TCP}]
          """
              .formatted(i, ips[i], i == 0 ? "a" : "b", 8080 + i));
    }
    space.start(TestPod.sleeping("client"));
    String ip = text(space.get("services", "own"), "/spec/clusterIP");
    awaitNames(space, "http://" + ip + ":80", "one");
    awaitNames(space, "http://" + ip + ":81", "two");
  }

  private static void awaitNames(Space space, String url, String... names) {
    Set<String> seen = new TreeSet<>();
    Awaitility.await(url)
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          Exec.run(
                  space,
                  "client",
                  "main",
                  "timeout",
                  "5",
                  "wget",
                  "-qO-",
                  url + "/cgi-bin/hostname")
              .out()
              .lines()
              .forEach(seen::add);
          return seen.containsAll(List.of(names));
        });
    assertThat(seen).containsExactlyInAnyOrder(names);
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through"
          + " create update and delete [Conformance]")
  void mirroring(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}");
    space.create(
        "{apiVersion: v1, kind: Endpoints, metadata: {name: s}, subsets: [{ports: [{port: 80}],"
            + " addresses: [{ip: 10.1.2.3}]}]}");
    JsonNode slice =
        space
            .awaitList(
                SLICES,
                "kubernetes.io/service-name=s,endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io",
                "one",
                l -> l.size() == 1)
            .get(0);
    assertThat(text(slice, "/endpoints/0/addresses/0")).isEqualTo("10.1.2.3");
    space.edit(
        "endpoints", "s", e -> ((ObjectNode) e.at("/subsets/0/addresses/0")).put("ip", "10.2.3.4"));
    space.awaitList(
        SLICES,
        "kubernetes.io/service-name=s",
        "changed",
        l -> l.size() == 1 && text(l.get(0), "/endpoints/0/addresses/0").equals("10.2.3.4"));
    space.delete("endpoints", "s");
    space.awaitList(SLICES, "kubernetes.io/service-name=s", "gone", List::isEmpty);
  }

  @Test
  @DisplayName("[sig-network] Endpoints should test the lifecycle of an Endpoint [Conformance]")
  void endpoints(Space space) {
    try (Watcher watcher = space.watch("endpoints", "&labelSelector=test%3Dx")) {
      space.create(
          "{apiVersion: v1, kind: Endpoints, metadata: {name: e, labels: {test: x}}, subsets:"
              + " [{addresses: [{ip: 10.0.0.24}], ports: [{name: http, port: 80, protocol:"
              + " TCP}]}]}");
      watcher.expect("ADDED", "e");
      assertThat(Space.items(space.api().get("/api/v1/endpoints?labelSelector=test%3Dx").ok()))
          .anyMatch(e -> text(e, "/metadata/namespace").equals(space.namespace()));
      space.edit(
          "endpoints", "e", e -> ((ObjectNode) e.at("/metadata/labels")).put("updated", "true"));
      watcher.expect("MODIFIED", "e");
      space.strategic(
          "endpoints",
          "e",
          "{subsets: [{addresses: [{ip: 10.0.0.25}], ports: [{name: http-test, port: 8080,"
              + " protocol: TCP}]}]}");
      JsonNode patched = watcher.expect("MODIFIED", "e");
      assertThat(text(patched, "/object/subsets/0/addresses/0/ip")).isEqualTo("10.0.0.25");
      space.deleteAll("endpoints", "test=x");
      watcher.expect("DELETED", "e");
    }
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointsController should create Endpoints for Pods matching a Service"
          + " [Conformance]")
  void controller(Space space) {
    JsonNode pod = space.start(TestPod.server("pod1", "ec", 3000));
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {app: ec}, ports:"
            + " [{port: 80, targetPort: 3000}]}}");
    JsonNode endpoints = awaitEndpoints(space, "s", 1);
    assertThat(text(endpoints, "/subsets/0/addresses/0/ip")).isEqualTo(text(pod, "/status/podIP"));
    assertThat(text(endpoints, "/subsets/0/addresses/0/targetRef/name")).isEqualTo("pod1");
    assertThat(endpoints.at("/subsets/0/ports/0/port").asInt()).isEqualTo(3000);
  }

  private static JsonNode awaitEndpoints(Space space, String name, int addresses) {
    return space
        .awaitList(
            "endpoints",
            "",
            "of " + addresses,
            l ->
                l.stream()
                    .anyMatch(e ->
                        text(e, "/metadata/name").equals(name)
                            && e.at("/subsets/0/addresses").size() == addresses))
        .stream()
        .filter(e -> text(e, "/metadata/name").equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointsController should create and delete Endpoints for a Service with a"
          + " selector that matches no pods [Conformance]")
  void controllerEmpty(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports:"
            + " [{port: 80}]}}");
    JsonNode endpoints = awaitEndpoints(space, "s", 0);
    assertThat(endpoints.path("subsets").isEmpty()).isTrue();
    space.delete("services", "s");
    space.awaitList("endpoints", "", "gone", l -> l.isEmpty());
  }
}
