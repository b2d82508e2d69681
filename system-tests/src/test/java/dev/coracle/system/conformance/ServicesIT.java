package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Services of each type. */
@Conformance
class ServicesIT {

  private static final String SERVICE =
      "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {%s}}";

  /** What the service answers, asked by a pod until it answers so. */
  private static void awaitAnswer(Space space, String client, String url, String... names) {
    Set<String> seen = new TreeSet<>();
    Awaitility.await(url + " of " + List.of(names))
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          Exec.Result result =
              Exec.run(
                  space,
                  client,
                  "main",
                  "sh",
                  "-c",
                  "for i in 1 2 3 4 5 6; do timeout 5 wget -qO- "
                      + url
                      + "/cgi-bin/hostname; done");
          result.out().lines().forEach(seen::add);
          return seen.containsAll(List.of(names));
        });
    assertThat(seen).containsExactlyInAnyOrder(names);
  }

  private static String ip(Space space, String service) {
    return text(space.get("services", service), "/spec/clusterIP");
  }

  private static String hostIp(Space space) {
    return text(space.get("nodes", space.node()), "/status/addresses/0/address");
  }

  @Test
  @DisplayName("[sig-network] Services should serve a basic endpoint from pods [Conformance]")
  void basic(Space space) {
    space.create(
        SERVICE.formatted("basic", "selector: {app: b}, ports: [{port: 80, targetPort: 8080}]"));
    space.start(TestPod.sleeping("client"));
    space.start(TestPod.server("one", "b", 8080));
    awaitAnswer(space, "client", "http://" + ip(space, "basic"), "one");
    space.start(TestPod.server("two", "b", 8080));
    awaitAnswer(space, "client", "http://" + ip(space, "basic"), "one", "two");
    space.delete("pods", "one");
    space.awaitGone("pods", "one");
    space.await("endpoints", "basic", "one address", e -> e.at("/subsets/0/addresses").size() == 1);
    awaitAnswer(space, "client", "http://basic", "two");
  }

  @Test
  @DisplayName("[sig-network] Services should serve multiport endpoints from pods [Conformance]")
  void multiPort(Space space) {
    space.create(
        SERVICE.formatted(
            "multi",
            "selector: {app: m}, ports: [{name: portname1, port: 80, targetPort: 8100}, {name:"
                + " portname2, port: 81, targetPort: 8101}]"));
    space.start(TestPod.sleeping("client"));
    space.start(
        TestPod.server("both", "m", 8100)
            .script("httpd -p 8101 -h /www; exec httpd -f -p 8100 -h /www"));
    String ip = ip(space, "multi");
    awaitAnswer(space, "client", "http://" + ip + ":80", "both");
    awaitAnswer(space, "client", "http://" + ip + ":81", "both");
  }

  @Test
  @DisplayName(
      "[sig-network] Services should serve endpoints on same port and different protocols"
          + " [Conformance]")
  void protocols(Space space) {
    space.create(
        SERVICE.formatted(
            "proto",
            "selector: {app: p}, ports: [{name: tcp, port: 80, targetPort: 8080, protocol: TCP},"
                + " {name: udp, port: 80, targetPort: 8080, protocol: UDP}]"));
    space.start(TestPod.server("server", "p", 8080));
    space.start(TestPod.sleeping("client"));
    awaitAnswer(space, "client", "http://" + ip(space, "proto"), "server");
    JsonNode service = space.get("services", "proto");
    assertThat(service.at("/spec/ports")).hasSize(2);
    JsonNode slice =
        space
            .awaitList(
                "endpointslices.discovery.k8s.io",
                "kubernetes.io/service-name=proto",
                "of two ports",
                l -> l.size() == 1 && l.get(0).at("/ports").size() == 2)
            .get(0);
    assertThat(slice.at("/ports").findValuesAsText("protocol"))
        .containsExactlyInAnyOrder("TCP", "UDP");
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to create a functioning NodePort service"
          + " [Conformance]")
  void nodePort(Space space) {
    space.create(
        SERVICE.formatted(
            "np", "type: NodePort, selector: {app: n}, ports: [{port: 80, targetPort: 8080}]"));
    space.start(TestPod.server("server", "n", 8080));
    space.start(TestPod.sleeping("client").spec("{hostNetwork: true}"));
    int port = space.get("services", "np").at("/spec/ports/0/nodePort").asInt();
    assertThat(port).isBetween(30000, 32767);
    awaitAnswer(space, "client", "http://" + hostIp(space) + ":" + port, "server");
    awaitAnswer(space, "client", "http://" + ip(space, "np"), "server");
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to change the type from ExternalName to ClusterIP"
          + " [Conformance]")
  void externalToCluster(Space space) {
    space.create(SERVICE.formatted("ext", "type: ExternalName, externalName: foo.example.com"));
    space.edit(
        "services",
        "ext",
        s -> {
          ObjectNode spec = (ObjectNode) s.get("spec");
          spec.remove("externalName");
          spec.put("type", "ClusterIP");
          spec.set("selector", Manifest.parse("{app: e}"));
          spec.putArray("ports").add(Manifest.parse("{port: 80, targetPort: 8080, protocol: TCP}"));
        });
    space.start(TestPod.server("server", "e", 8080));
    space.start(TestPod.sleeping("client"));
    awaitAnswer(space, "client", "http://" + ip(space, "ext"), "server");
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to change the type from ExternalName to NodePort"
          + " [Conformance]")
  void externalToNodePort(Space space) {
    space.create(SERVICE.formatted("ext", "type: ExternalName, externalName: foo.example.com"));
    space.edit(
        "services",
        "ext",
        s -> {
          ObjectNode spec = (ObjectNode) s.get("spec");
          spec.remove("externalName");
          spec.put("type", "NodePort");
          spec.set("selector", Manifest.parse("{app: e}"));
          spec.putArray("ports").add(Manifest.parse("{port: 80, targetPort: 8080, protocol: TCP}"));
        });
    space.start(TestPod.server("server", "e", 8080));
    space.start(TestPod.sleeping("client").spec("{hostNetwork: true}"));
    int port = space.get("services", "ext").at("/spec/ports/0/nodePort").asInt();
    awaitAnswer(space, "client", "http://" + hostIp(space) + ":" + port, "server");
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to change the type from ClusterIP to ExternalName"
          + " [Conformance]")
  void clusterToExternal(Space space) {
    space.create(SERVICE.formatted("target", "selector: {app: none}, ports: [{port: 80}]"));
    String target = ip(space, "target");
    space.create(
        SERVICE.formatted(
            "svc", "type: ClusterIP, selector: {app: e}, ports: [{port: 80, targetPort: 8080}]"));
    JsonNode changed =
        space.edit(
            "services",
            "svc",
            s -> {
              ObjectNode spec = (ObjectNode) s.get("spec");
              spec.put("type", "ExternalName");
              spec.put("externalName", "target." + space.namespace() + ".svc.cluster.local");
              spec.remove(List.of("clusterIP", "clusterIPs", "ports"));
            });
    assertThat(text(changed, "/spec/clusterIP")).isEmpty();
    space.start(TestPod.sleeping("client"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            Exec.run(
                    space,
                    "client",
                    "main",
                    "nslookup",
                    "svc." + space.namespace() + ".svc.cluster.local.")
                .out()
                .contains(target));
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to change the type from NodePort to ExternalName"
          + " [Conformance]")
  void nodePortToExternal(Space space) {
    space.create(SERVICE.formatted("target", "selector: {app: none}, ports: [{port: 80}]"));
    String target = ip(space, "target");
    space.create(
        SERVICE.formatted(
            "svc", "type: NodePort, selector: {app: e}, ports: [{port: 80, targetPort: 8080}]"));
    JsonNode changed =
        space.edit(
            "services",
            "svc",
            s -> {
              ObjectNode spec = (ObjectNode) s.get("spec");
              spec.put("type", "ExternalName");
              spec.put("externalName", "target." + space.namespace() + ".svc.cluster.local");
              spec.remove(List.of("clusterIP", "clusterIPs", "ports"));
            });
    assertThat(text(changed, "/spec/clusterIP")).isEmpty();
    space.start(TestPod.sleeping("client"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            Exec.run(
                    space,
                    "client",
                    "main",
                    "nslookup",
                    "svc." + space.namespace() + ".svc.cluster.local.")
                .out()
                .contains(target));
  }

  @Test
  @DisplayName("[sig-network] Services should complete a service status lifecycle [Conformance]")
  void status(Space space) {
    space.create(
        SERVICE.formatted(
            "st",
            "type: LoadBalancer, loadBalancerClass: example.com/internal-vip, selector: {app: s},"
                + " ports: [{port: 80}]"));
    try (Watcher watcher = space.watch("services", "&fieldSelector=metadata.name%3Dst")) {
      JsonNode patched =
          space.mergeStatus(
              "services",
              "st",
              "{metadata: {annotations: {patchedstatus: 'true'}}, status: {loadBalancer: {ingress:"
                  + " [{ip: 203.0.113.1}]}}}");
      assertThat(text(patched, "/status/loadBalancer/ingress/0/ip")).isEqualTo("203.0.113.1");
      watcher.next(e -> text(e, "/object/status/loadBalancer/ingress/0/ip").equals("203.0.113.1"));
      JsonNode updated =
          space.edit(
              "services",
              "st",
              "status",
              s ->
                  ((ObjectNode) s.get("status"))
                      .withArray("conditions")
                      .add(
                          Manifest.parse(
                              "{type: StatusUpdate, status: 'True', reason: E2E, message: Set from"
                                  + " e2e test, lastTransitionTime: '2026-01-01T00:00:00Z'}")));
      assertThat(hasCondition(updated, "StatusUpdate", "True")).isTrue();
      space.strategic("services", "st", "{metadata: {labels: {test-service: patched}}}");
      watcher.next(e -> text(e, "/object/metadata/labels/test-service").equals("patched"));
      space.delete("services", "st");
      watcher.next("DELETED");
    }
  }

  @Test
  @DisplayName("[sig-network] Services should delete a collection of services [Conformance]")
  void collection(Space space) {
    for (int i = 0; i < 3; i++) {
      space.create(
          "{apiVersion: v1, kind: Service, metadata: {name: s%d, labels: {set: x}}, spec: {ports: [{port: 80}]}}"
              .formatted(i));
    }
    space.create(SERVICE.formatted("stays", "ports: [{port: 80}]"));
    assertThat(space.list("services")).hasSize(4);
    space.deleteAll("services", "set=x");
    space.awaitList("services", "", "one", l -> l.size() == 1);
  }

  @Test
  @DisplayName(
      "[sig-network] Services should find a service from listing all namespaces [Conformance]")
  void everywhere(Space space) {
    space.create(SERVICE.formatted("here", "ports: [{port: 80}]"));
    assertThat(Space.items(space.api().get("/api/v1/services").ok()))
        .anyMatch(s ->
            text(s, "/metadata/name").equals("kubernetes")
                && text(s, "/metadata/namespace").equals("default"))
        .anyMatch(s -> text(s, "/metadata/namespace").equals(space.namespace()));
  }

  @Test
  @DisplayName("[sig-network] API Server should provide secure master service [Conformance]")
  void master(Space space) {
    JsonNode service = space.api().get("/api/v1/namespaces/default/services/kubernetes").ok();
    assertThat(text(service, "/spec/ports/0/name")).isEqualTo("https");
    assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(443);
  }

  @Test
  @DisplayName(
      "[sig-network] API Server should have Endpoints and EndpointSlices pointing to API Server"
          + " [Conformance]")
  void apiEndpoints(Space space) {
    JsonNode endpoints = space.api().get("/api/v1/namespaces/default/endpoints/kubernetes").ok();
    assertThat(text(endpoints, "/subsets/0/addresses/0/ip")).isNotEmpty();
    JsonNode slices =
        space
            .api()
            .get(
                "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dkubernetes")
            .ok();
    assertThat(text(slices, "/items/0/endpoints/0/addresses/0"))
        .isEqualTo(text(endpoints, "/subsets/0/addresses/0/ip"));
    assertThat(slices.at("/items/0/ports/0/port").asInt())
        .isEqualTo(endpoints.at("/subsets/0/ports/0/port").asInt());
  }

  @Test
  @DisplayName("[sig-network] Service endpoints latency should not be very high [Conformance]")
  void latency(Space space) {
    space.start(TestPod.server("server", "lat", 8080));
    List<Long> nanos = new ArrayList<>();
    try (Watcher watcher = space.watch("endpoints", "")) {
      for (int i = 0; i < 20; i++) {
        String name = "latency-" + i;
        long begin = System.nanoTime();
        space.create(
            SERVICE.formatted(name, "selector: {app: lat}, ports: [{port: 80, targetPort: 8080}]"));
        watcher.next(e ->
            text(e, "/object/metadata/name").equals(name)
                && e.at("/object/subsets/0/addresses").size() == 1);
        nanos.add(System.nanoTime() - begin);
      }
    }
    // Kubernetes' own bound, half a minute above anything a user would bear; what is proved is that
    // they come.
    assertThat(nanos).allMatch(n -> n < Duration.ofSeconds(50).toNanos());
  }
}
