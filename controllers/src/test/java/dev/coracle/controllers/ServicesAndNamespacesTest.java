package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.controllers.config.ControllerOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServicesAndNamespacesTest {

  private static final String SERVICE =
      """
      {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"svc"},
       "spec":{"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],"selector":{"app":"d"},
        "ports":[{"name":"http","port":80,"targetPort":8080,"protocol":"TCP"}]}}\
      """;

  private static List<String> ready(KubeObject slice) {
    return java.util.stream.StreamSupport.stream(slice.at("endpoints").spliterator(), false)
        .filter(e -> e.path("conditions").path("ready").asBoolean())
        .map(e -> e.path("addresses").path(0).asText())
        .toList();
  }

  @Test
  void slicesFollowThePods() {
    Cluster c = new Cluster();
    c.create(Resources.SERVICES, SERVICE);
    assertThat(c.api.all(Resources.ENDPOINT_SLICES)).hasSize(1);
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i"));
    c.pass(Duration.ofSeconds(1));
    KubeObject slice = c.api.all(Resources.ENDPOINT_SLICES).getFirst();
    assertThat(c.api.all(Resources.ENDPOINT_SLICES)).hasSize(1);
    assertThat(ready(slice)).hasSize(3);
    assertThat(slice.tree().at("/ports/0/port").asInt()).isEqualTo(8080);
    assertThat(slice.tree().at("/endpoints/0/targetRef/kind").asText()).isEqualTo("Pod");
    KubeObject endpoints = c.get(Resources.ENDPOINTS, "svc");
    assertThat(endpoints.tree().at("/subsets/0/addresses")).hasSize(3);
    // A pod that begins to stop is no longer ready, but still there.
    c.stopTime = Duration.ofSeconds(10);
    KubeObject pod = c.pods().getFirst();
    c.delete(Resources.PODS, pod.name(), DeleteOptions.DEFAULT);
    slice = c.api.all(Resources.ENDPOINT_SLICES).getFirst();
    assertThat(ready(slice)).hasSize(2);
    assertThat(slice.at("endpoints").findValuesAsText("terminating")).contains("true");
    c.pass(Duration.ofSeconds(20));
    assertThat(ready(c.api.all(Resources.ENDPOINT_SLICES).getFirst())).hasSize(3);
    c.api.forgetCalls();
    c.pass(Duration.ofMinutes(5));
    assertThat(c.api.calls()).isEmpty();
  }

  @Test
  void manyEndpointsAreSharedOutOverSlices() {
    Cluster c = new Cluster();
    c.create(Resources.SERVICES, SERVICE);
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 250, "i"));
    c.pass(Duration.ofSeconds(5));
    List<KubeObject> slices = c.api.all(Resources.ENDPOINT_SLICES);
    assertThat(slices.stream().mapToInt(s -> ready(s).size()).sum()).isEqualTo(250);
    assertThat(slices).allSatisfy(s -> assertThat(ready(s).size()).isBetween(1, 100));
  }

  /** Docs: "Manually create a long-lived API token for a ServiceAccount". */
  @Test
  void aSecretForATokenIsFilledAndGoesWithItsAccount() {
    Cluster c = new Cluster();
    c.create(Resources.SERVICE_ACCOUNTS, account("robot"));
    c.create(Resources.SECRETS, tokenSecret("robots", "robot", ""));
    KubeObject secret = c.get(Resources.SECRETS, "robots");
    String uid = c.get(Resources.SERVICE_ACCOUNTS, "robot").uid();
    assertThat(secret.annotation("kubernetes.io/service-account.uid")).contains(uid);
    assertThat(decoded(secret, "token")).isEqualTo("of robot by " + secret.uid());
    assertThat(decoded(secret, "ca.crt")).isEqualTo("PEM");
    assertThat(decoded(secret, "namespace")).isEqualTo("default");
    c.api.forgetCalls();
    c.pass(Duration.ofMinutes(5));
    assertThat(c.api.calls()).isEmpty();
    c.delete(Resources.SERVICE_ACCOUNTS, "robot", DeleteOptions.DEFAULT);
    c.context.runUntilIdle();
    assertThat(c.api.peek(Resources.SECRETS, "default", "robots")).isNull();
  }

  @Test
  void aSecretForATokenOfNobodyGoes() {
    Cluster c = new Cluster();
    c.create(Resources.SERVICE_ACCOUNTS, account("robot"));
    c.create(Resources.SECRETS, tokenSecret("nobodys", "nobody", ""));
    c.create(Resources.SECRETS, tokenSecret("of-another-one", "robot", "another-one"));
    c.context.runUntilIdle();
    assertThat(c.api.all(Resources.SECRETS)).isEmpty();
  }

  private static String account(String name) {
    return "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\","
        + "\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\"}}".formatted(name);
  }

  private static String tokenSecret(String name, String account, String uid) {
    return """
    {"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token",
     "metadata":{"namespace":"default","name":"%s","annotations":{
       "kubernetes.io/service-account.name":"%s","kubernetes.io/service-account.uid":"%s"}}}
    """
        .formatted(name, account, uid);
  }

  private static String decoded(KubeObject secret, String key) {
    return new String(
        Base64.getDecoder().decode(secret.at("data", key).asText()), StandardCharsets.UTF_8);
  }

  @Test
  void everyNamespaceGetsItsAccountAndCa() {
    Cluster c = new Cluster();
    c.create(
        Resources.NAMESPACES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"x\"}}");
    assertThat(c.api.peek(Resources.SERVICE_ACCOUNTS, "x", "default")).isNotNull();
    KubeObject ca = c.api.peek(Resources.CONFIG_MAPS, "x", "kube-root-ca.crt");
    assertThat(ca).isNotNull();
    assertThat(ca.text("data", "ca.crt")).isEqualTo("PEM");
    c.api.remove(Resources.CONFIG_MAPS, "x", "kube-root-ca.crt");
    c.context.runUntilIdle();
    assertThat(c.api.peek(Resources.CONFIG_MAPS, "x", "kube-root-ca.crt")).isNotNull();
  }

  @Test
  void aNamespaceGoesWithItsContentPodsFirst() {
    Cluster c = new Cluster();
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i"));
    c.create(Resources.SERVICES, SERVICE);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.api.all(Resources.EVENTS)).as("of the deployment and its pods").isNotEmpty();
    c.stopTime = Duration.ofSeconds(3);
    c.api.delete(Resources.NAMESPACES, "", "default", DeleteOptions.DEFAULT).await().indefinitely();
    c.pass(Duration.ofSeconds(1));
    KubeObject namespace = c.api.peek(Resources.NAMESPACES, "", "default");
    assertThat(namespace).isNotNull();
    assertThat(namespace.at("status", "conditions").findValuesAsText("message"))
        .contains("Some resources are remaining: pods. has 3 resource instances");
    assertThat(c.peek(Resources.SERVICES, "svc")).isNotNull();
    c.pass(Duration.ofSeconds(5));
    assertThat(c.api.peek(Resources.NAMESPACES, "", "default")).isNull();
    assertThat(c.pods()).isEmpty();
    assertThat(c.api.all(Resources.SERVICES)).isEmpty();
    assertThat(c.api.all(Resources.CONFIG_MAPS)).isEmpty();
    assertThat(c.api.all(Resources.EVENTS)).isEmpty();
  }

  @Test
  void aNodeThatStopsAnsweringIsEmptied() {
    Cluster c = new Cluster(options -> options);
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"n9","labels":{
             "topology.kubernetes.io/region":"eu","topology.kubernetes.io/zone":"eu-1"}},"spec":{},
             "status":{"conditions":[{"type":"Ready","status":"True"}]}}\
            """));
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
         "spec":{"nodeName":"n9","tolerations":[
          {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute",
           "tolerationSeconds":300}]}}\
        """);
    passWithOneAlive(c, 4);
    assertThat(c.api.peek(Resources.NODES, "", "n9"))
        .satisfies(n -> assertThat(n.at("spec", "taints").isEmpty()).isTrue());
    passWithOneAlive(c, 2);
    KubeObject node = c.api.peek(Resources.NODES, "", "n9");
    assertThat(node).isNotNull();
    assertThat(node.at("spec", "taints").findValuesAsText("effect"))
        .containsExactly("NoSchedule", "NoExecute");
    assertThat(node.at("status", "conditions").findValuesAsText("reason"))
        .contains("NodeStatusUnknown");
    assertThat(
            c.registry.counter("node_collector_evictions_total", "zone", "eu:\u0000:eu-1").count())
        .isEqualTo(1);
    assertThat(c.get(Resources.PODS, "p").tree().at("/status/conditions/0/status").asText())
        .isEqualTo("False");
    passWithOneAlive(c, 28);
    assertThat(c.peek(Resources.PODS, "p")).isNotNull();
    passWithOneAlive(c, 4);
    assertThat(c.peek(Resources.PODS, "p")).isNull();
  }

  /** For so many times ten seconds, in each of which the first node's Lease is renewed. */
  private static void passWithOneAlive(Cluster c, int times) {
    for (int i = 0; i < times; i++) {
      c.api.put(
          Resources.LEASES,
          KubeObject.create(
              new GroupVersionKind("coordination.k8s.io", "v1", "Lease"),
              "kube-node-lease",
              "n1",
              lease ->
                  lease
                      .putObject("spec")
                      .put("renewTime", c.context.clock().instant().toString())));
      c.pass(Duration.ofSeconds(10));
    }
  }

  @Test
  void everyNodeGetsARangeOfItsOwn() {
    Cluster c = new Cluster();
    for (int i = 2; i < 5; i++) {
      c.create(
          Resources.NODES,
          "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n" + i + "\"}}");
    }
    assertThat(c.api.all(Resources.NODES))
        .extracting(n -> n.text("spec", "podCIDR"))
        .containsExactlyInAnyOrder(
            "10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24");
    assertThat(ControllerOptions.of(List.of(), "").podCidrs()).isEmpty();
  }
}
