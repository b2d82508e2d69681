package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Admission of what subresources are given: bindings, evictions, requests for tokens. */
@ExtendWith(OwnServer.class)
class SubresourceAdmissionTest {

  private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
  private static final String PODS = "/api/v1/namespaces/default/pods";

  private static final String ZONE = "topology.kubernetes.io/zone";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
    api.post(
            "/api/v1/nodes",
            "{metadata: {name: n1, labels: {topology.kubernetes.io/zone: z,"
                + " topology.kubernetes.io/region: r, other: o}}}")
        .ok();
  }

  private static void pod(String name, String more) {
    api.post(
            PODS,
            "{metadata: {name: "
                + name
                + ", labels: {topology.kubernetes.io/zone: mine, own: x}}, spec: {"
                + more
                + "containers: [{name: c, image: i}]}}")
        .ok();
  }

  private static Answer bind(String pod, String metadata) {
    return api.post(
        PODS + "/" + pod + "/binding",
        "{apiVersion: v1, kind: Binding, metadata: {name: "
            + pod
            + metadata
            + "}, target: {kind: Node, name: n1}}");
  }

  private static Answer evict(String pod) {
    return api.post(
        PODS + "/" + pod + "/eviction",
        "{apiVersion: policy/v1, kind: Eviction, metadata: {name: " + pod + "}}");
  }

  /** Denies what the expression says, of one resource. */
  private static void policy(
      String name, String group, String version, String resource, String operation, String rule) {
    api.post(
            GROUP + "validatingadmissionpolicies",
            "{metadata: {name: "
                + name
                + "}, spec: {matchConstraints: {resourceRules: [{apiGroups: ['"
                + group
                + "'], apiVersions: ["
                + version
                + "], resources: ["
                + resource
                + "], operations: ["
                + operation
                + "]}]}, validations: [{expression: \""
                + rule
                + "\", message: no}]}}")
        .ok();
    api.post(
            GROUP + "validatingadmissionpolicybindings",
            "{metadata: {name: "
                + name
                + "}, spec: {policyName: "
                + name
                + ", validationActions: [Deny]}}")
        .ok();
  }

  private static void forget(String name) {
    api.delete(GROUP + "validatingadmissionpolicybindings/" + name).ok();
    api.delete(GROUP + "validatingadmissionpolicies/" + name).ok();
  }

  private static Map<String, String> labels(String pod) {
    return KubeObject.strings(api.get(PODS + "/" + pod).ok().body().at("/metadata/labels"));
  }

  @Test
  void aPodKnowsWhereItsNodeIs() {
    pod("bound", "");
    assertThat(labels("bound")).containsEntry(ZONE, "mine");
    bind("bound", ", labels: {given: too}").ok();
    assertThat(labels("bound"))
        .isEqualTo(
            Map.of("given", "too", "own", "x", "topology.kubernetes.io/region", "r", ZONE, "z"));
    pod("placed", "nodeName: n1, ");
    assertThat(labels("placed")).containsEntry(ZONE, "z");
    pod("nowhere", "nodeName: n9, ");
    assertThat(labels("nowhere")).containsEntry(ZONE, "mine");
  }

  @Test
  void evictionsAreAskedForAndTheDeletionThatFollowsIsNot() {
    policy(
        "evictions",
        "",
        "v1",
        "pods/eviction",
        "CREATE",
        "object.kind == 'Eviction' && object.metadata.name != 'kept'");
    policy("deletions", "", "v1", "pods", "DELETE", "false");
    pod("kept", "");
    pod("gone", "");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          Answer refused = evict("kept");
          assertThat(refused.code()).isEqualTo(422);
          assertThat(refused.message()).contains("denied request: no");
        });
    await().atMost(Duration.ofSeconds(30)).until(() -> api.delete(PODS + "/gone").code() == 422);
    evict("gone").ok();
    assertThat(api.get(PODS + "/gone").code()).isEqualTo(404);
    forget("evictions");
    forget("deletions");
  }

  @Test
  void tokensAndBindingsAreAskedFor() {
    policy(
        "tokens",
        "",
        "v1",
        "serviceaccounts/token",
        "CREATE",
        "object.spec.audiences.all(a, a != 'x')");
    policy("bindings", "", "v1", "pods/binding", "CREATE", "object.target.name != 'n1'");
    pod("free", "");
    String tokens = "/api/v1/namespaces/default/serviceaccounts/default/token";
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(api.post(tokens, "{spec: {audiences: [x]}}").code()).isEqualTo(422));
    api.post(tokens, "{spec: {audiences: [y]}}").ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(bind("free", "").code()).isEqualTo(422));
    forget("tokens");
    forget("bindings");
  }

  @Test
  void theOlderWayToBindIsAskedForToo() {
    policy("older", "", "v1", "bindings", "CREATE", "object.target.name != 'n1'");
    pod("older", "");
    String binding = "{metadata: {name: older}, target: {kind: Node, name: %s}}";
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          String node = "n1";
          Answer refused =
              api.post("/api/v1/namespaces/default/bindings?dryRun=All", binding.formatted(node));
          assertThat(refused.code()).isEqualTo(422);
        });
    api.post("/api/v1/namespaces/default/bindings", binding.formatted("n2")).ok();
    assertThat(api.get(PODS + "/older").ok().body().at("/spec/nodeName").asText()).isEqualTo("n2");
    forget("older");
  }

  /** An eviction's own mark of the pod is no change that somebody else made. */
  @Test
  void anEvictionIsOfTheVersionThatWasMeant() {
    pod("meant", "");
    String version = api.get(PODS + "/meant").ok().body().at("/metadata/resourceVersion").asText();
    String eviction =
        "{apiVersion: policy/v1, kind: Eviction, metadata: {name: meant},"
            + " deleteOptions: {preconditions: {resourceVersion: '%s'}}}";
    Answer refused = api.post(PODS + "/meant/eviction", eviction.formatted("1"));
    assertThat(refused.code()).isEqualTo(409);
    assertThat(api.get(PODS + "/meant").ok().body().at("/metadata/resourceVersion").asText())
        .isEqualTo(version);
    api.post(PODS + "/meant/eviction", eviction.formatted(version)).ok();
    assertThat(api.get(PODS + "/meant").code()).isEqualTo(404);
  }

  @Test
  void aPolicyMayChangeABinding() {
    api.post(
            GROUP + "mutatingadmissionpolicies",
            """
            metadata: {name: notes}
            spec:
              matchConstraints:
                resourceRules:
                - {apiGroups: [''], apiVersions: [v1], resources: [pods/binding], operations: [CREATE]}
              reinvocationPolicy: Never
              mutations:
              - patchType: ApplyConfiguration
                applyConfiguration:
                  expression: "Object{metadata: Object.metadata{annotations: {'noted': 'yes'}}}"
            """)
        .ok();
    api.post(
            GROUP + "mutatingadmissionpolicybindings",
            "{metadata: {name: notes}, spec: {policyName: notes}}")
        .ok();
    int[] number = {0};
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          String name = "noted" + number[0]++;
          pod(name, "");
          bind(name, "").ok();
          assertThat(api.get(PODS + "/" + name).body().at("/metadata/annotations/noted").asText())
              .isEqualTo("yes");
        });
    api.delete(GROUP + "mutatingadmissionpolicybindings/notes").ok();
    api.delete(GROUP + "mutatingadmissionpolicies/notes").ok();
  }
}
