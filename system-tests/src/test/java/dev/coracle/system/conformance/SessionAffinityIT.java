package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The same client to the same pod. */
@Conformance
class SessionAffinityIT {

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

  private static List<String> ask(Space space, String client, String url) {
    return Exec.run(
            space,
            client,
            "main",
            "sh",
            "-c",
            "for i in $(seq 12); do timeout 5 wget -qO- " + url + "/cgi-bin/hostname; done")
        .out()
        .lines()
        .toList();
  }

  private static void awaitAnyOf(Space space, String client, String url) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> ask(space, client, url).size() == 12);
  }

  /** Twelve answers in a row come from one and the same. */
  private static void awaitSame(Space space, String client, String url) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          List<String> answers = ask(space, client, url);
          return answers.size() == 12 && Set.copyOf(answers).size() == 1;
        });
  }

  @Test
  @DisplayName(
      "[sig-network] Services should have session affinity work for service with type clusterIP"
          + " [LinuxOnly] [Conformance]")
  void clusterIp(Space space) {
    space.create(
        SERVICE.formatted(
            "aff",
            "sessionAffinity: ClientIP, selector: {app: a}, ports: [{port: 80, targetPort:"
                + " 8080}]"));
    space.create(TestPod.server("one", "a", 8080).json());
    space.create(TestPod.server("two", "a", 8080).json());
    space.awaitReady("one");
    space.awaitReady("two");
    space.start(TestPod.sleeping("client"));
    String url = "http://" + ip(space, "aff");
    awaitAnyOf(space, "client", url);

    awaitSame(space, "client", url);
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to switch session affinity for service with type"
          + " clusterIP [LinuxOnly] [Conformance]")
  void switchClusterIp(Space space) {
    space.create(
        SERVICE.formatted(
            "aff",
            "sessionAffinity: None, selector: {app: a}, ports: [{port: 80, targetPort: 8080}]"));
    space.create(TestPod.server("one", "a", 8080).json());
    space.create(TestPod.server("two", "a", 8080).json());
    space.awaitReady("one");
    space.awaitReady("two");
    space.start(TestPod.sleeping("client"));
    String url = "http://" + ip(space, "aff");
    awaitAnyOf(space, "client", url);

    awaitAnswer(space, "client", url, "one", "two");
    space.merge("services", "aff", "{spec: {sessionAffinity: ClientIP}}");
    awaitSame(space, "client", url);
    space.merge("services", "aff", "{spec: {sessionAffinity: None}}");
    awaitAnswer(space, "client", url, "one", "two");
  }

  @Test
  @DisplayName(
      "[sig-network] Services should have session affinity work for NodePort service [LinuxOnly]"
          + " [Conformance]")
  void nodePort(Space space) {
    space.create(
        SERVICE.formatted(
            "aff",
            "sessionAffinity: ClientIP, type: NodePort, selector: {app: a}, ports: [{port: 80,"
                + " targetPort: 8080}]"));
    space.create(TestPod.server("one", "a", 8080).json());
    space.create(TestPod.server("two", "a", 8080).json());
    space.awaitReady("one");
    space.awaitReady("two");
    space.start(TestPod.sleeping("client").spec("{hostNetwork: true}"));
    String url =
        "http://"
            + hostIp(space)
            + ":"
            + space.get("services", "aff").at("/spec/ports/0/nodePort").asInt();
    awaitAnyOf(space, "client", url);

    awaitSame(space, "client", url);
  }

  @Test
  @DisplayName(
      "[sig-network] Services should be able to switch session affinity for NodePort service"
          + " [LinuxOnly] [Conformance]")
  void switchNodePort(Space space) {
    space.create(
        SERVICE.formatted(
            "aff",
            "sessionAffinity: None, type: NodePort, selector: {app: a}, ports: [{port: 80,"
                + " targetPort: 8080}]"));
    space.create(TestPod.server("one", "a", 8080).json());
    space.create(TestPod.server("two", "a", 8080).json());
    space.awaitReady("one");
    space.awaitReady("two");
    space.start(TestPod.sleeping("client").spec("{hostNetwork: true}"));
    String url =
        "http://"
            + hostIp(space)
            + ":"
            + space.get("services", "aff").at("/spec/ports/0/nodePort").asInt();
    awaitAnyOf(space, "client", url);

    awaitAnswer(space, "client", url, "one", "two");
    space.merge("services", "aff", "{spec: {sessionAffinity: ClientIP}}");
    awaitSame(space, "client", url);
    space.merge("services", "aff", "{spec: {sessionAffinity: None}}");
    awaitAnswer(space, "client", url, "one", "two");
  }
}
