package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi.Answer;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What is refused of reviews, tokens, bindings and evictions, of flows that are fixed, and on paths
 * without a namespace.
 */
@ExtendWith(OwnServer.class)
class AskedAndAnsweredTest {

  private static final String AUTHORIZATION = "/apis/authorization.k8s.io/v1/";
  private static final String DEFAULT = "/api/v1/namespaces/default/";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(DEFAULT + "serviceaccounts", "{metadata: {name: default}}").ok();
  }

  private static void refused(Answer answer, int code, String message) {
    assertThat(answer.message()).isEqualTo(message);
    assertThat(answer.code()).isEqualTo(code);
  }

  private static void pod(String name) {
    api.post(
            DEFAULT + "pods",
            "{metadata: {name: " + name + "}, spec: {containers: [{name: c, image: i}]}}")
        .ok();
  }

  @Test
  void namesAreLookedUpInNamespacesOnly() {
    refused(api.get("/api/v1/pods/p"), 404, "the server could not find the requested resource");
    refused(
        api.post("/api/v1/pods", "{metadata: {name: p}}"),
        405,
        "the server does not allow this method on the requested resource");
  }

  @Test
  void reviews() {
    refused(
        api.post(AUTHORIZATION + "subjectaccessreviews", "{spec: {resourceAttributes: {}}}"),
        422,
        "SubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.user: Invalid value: \"\":"
            + " at least one of user or group must be specified");
    refused(
        api.post(AUTHORIZATION + "selfsubjectaccessreviews", "{spec: {}}"),
        422,
        "SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes:"
            + " Invalid value: \"null\": exactly one of nonResourceAttributes or"
            + " resourceAttributes must be specified");
    String local = AUTHORIZATION + "namespaces/default/localsubjectaccessreviews";
    String about = "{%s spec: {user: u, resourceAttributes: {namespace: %s, verb: get}}}";
    refused(
        api.post(local, about.formatted("", "other")),
        422,
        "LocalSubjectAccessReview.authorization.k8s.io \"\" is invalid:"
            + " spec.resourceAttributes.namespace: Invalid value: \"other\": must match"
            + " metadata.namespace");
    refused(
        api.post(local, about.formatted("metadata: {namespace: other},", "other")),
        400,
        "the namespace of the provided object does not match the namespace sent on the request");
    assertThat(api.post(local, about.formatted("", "default")).ok().body().at("/status").toString())
        .contains("\"allowed\":false");
  }

  @Test
  void answersToQuestions() {
    String about = "{spec: {user: u, resourceAttributes: {namespace: default, verb: get}}}";
    JsonNode access = api.post(AUTHORIZATION + "subjectaccessreviews", about).ok().body();
    assertThat(access.path("kind").asText()).isEqualTo("SubjectAccessReview");
    assertThat(access.path("metadata").has("creationTimestamp")).isFalse();
    assertThat(access.at("/metadata/managedFields/0/fieldsV1/f:spec").has("f:user")).isTrue();
    assertThat(access.at("/spec/user").asText()).isEqualTo("u");
    JsonNode rules =
        api.post(AUTHORIZATION + "selfsubjectrulesreviews", "{spec: {namespace: default}}")
            .ok()
            .body();
    assertThat(rules.path("metadata").isEmpty()).isTrue();
    assertThat(rules.path("spec").toString()).isEqualTo("{}");
    assertThat(rules.at("/status/resourceRules").size()).isPositive();
    assertThat(rules.at("/status/incomplete").asBoolean()).isFalse();
    String authentication = "/apis/authentication.k8s.io/v1/";
    JsonNode self =
        api.post(authentication + "selfsubjectreviews", "{metadata: {labels: {a: b}}}").ok().body();
    assertThat(self.path("metadata").has("creationTimestamp")).isTrue();
    assertThat(self.path("metadata").size()).isEqualTo(1);
    JsonNode token =
        api.post(authentication + "tokenreviews", "{spec: {token: nobody}}").ok().body();
    assertThat(token.path("metadata").has("creationTimestamp")).isFalse();
    assertThat(token.path("metadata").has("managedFields")).isTrue();
  }

  /** What the node authorizer allows no rule says. */
  @Test
  void theRulesOfANodeAreNotAll() {
    byte[] body = "{\"spec\":{\"namespace\":\"default\"}}".getBytes(UTF_8);
    Map<String, String> node =
        Map.of("Impersonate-User", "system:node:n1", "Impersonate-Group", "system:nodes");
    JsonNode status =
        Json.parse(
                api.exchange(
                        "POST",
                        AUTHORIZATION + "selfsubjectrulesreviews",
                        "application/json",
                        "application/json",
                        body,
                        node)
                    .bytes())
            .path("status");
    assertThat(status.path("incomplete").asBoolean()).isTrue();
    assertThat(status.path("evaluationError").asText())
        .isEqualTo("node authorizer does not support user rule resolution");
  }

  /** A namespace that ends takes nothing new, but may be asked about. */
  @Test
  void anEndingNamespaceMayBeAskedAbout() {
    api.post("/api/v1/namespaces", "{metadata: {name: ending}}").ok();
    api.delete("/api/v1/namespaces/ending").ok();
    assertThat(api.post("/api/v1/namespaces/ending/configmaps", "{metadata: {name: late}}").code())
        .isEqualTo(403);
    api.post(
            AUTHORIZATION + "namespaces/ending/localsubjectaccessreviews",
            "{spec: {user: u, resourceAttributes: {namespace: ending, verb: get}}}")
        .ok();
  }

  @Test
  void tokens() {
    api.post(DEFAULT + "serviceaccounts", "{metadata: {name: asked}}").ok();
    String token = DEFAULT + "serviceaccounts/asked/token";
    String kind = "apiVersion: authentication.k8s.io/v1, kind: TokenRequest, ";
    refused(
        api.post(token, "{" + kind + "metadata: {name: other}, spec: {}}"),
        422,
        "TokenRequest.authentication.k8s.io \"asked\" is invalid: metadata.name: Invalid value:"
            + " \"other\": must match the service account name if specified");
    refused(
        api.post(token, "{" + kind + "spec: {expirationSeconds: 599}}"),
        422,
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value:"
            + " 599: may not specify a duration less than 10 minutes");
    refused(
        api.post(token, "{" + kind + "spec: {expirationSeconds: 4294967297}}"),
        422,
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value:"
            + " 4294967297: may not specify a duration larger than 2^32 seconds");
    assertThat(api.post(token, "{" + kind + "metadata: {uid: x}, spec: {}}").code()).isEqualTo(409);
    assertThat(
            api.post(token, "{" + kind + "metadata: {name: asked}, spec: {}}")
                .ok()
                .body()
                .at("/status/token")
                .asText())
        .isNotEmpty();
  }

  @Test
  void bindings() {
    pod("bound");
    String binding = DEFAULT + "pods/bound/binding";
    refused(
        api.post(binding, "{kind: Binding, metadata: {name: other}, target: {name: n}}"),
        400,
        "name in URL does not match name in Binding object");
    refused(
        api.post(binding, "{kind: Binding, metadata: {name: bound}, target: {kind: Dog}}"),
        422,
        "Binding \"bound\" is invalid: [target.kind: Unsupported value: \"Dog\": supported values:"
            + " \"Node\", \"<empty>\", target.name: Required value]");
    api.merge(DEFAULT + "pods/bound/status", "{status: {nominatedNodeName: n}}").ok();
    api.post(binding, "{kind: Binding, metadata: {name: bound}, target: {kind: Node, name: n}}")
        .ok();
    JsonNode bound = api.get(DEFAULT + "pods/bound").ok().body();
    assertThat(bound.at("/spec/nodeName").asText()).isEqualTo("n");
    assertThat(bound.path("status").has("nominatedNodeName")).isFalse();
  }

  @Test
  void anEvictionMayBeTriedWithoutHarm() {
    pod("evicted");
    String eviction = DEFAULT + "pods/evicted/eviction";
    String body = "{apiVersion: policy/v1, kind: Eviction, metadata: {name: %s}%s}";
    refused(
        api.post(eviction, body.formatted("other", "")),
        400,
        "name in URL does not match name in Eviction object");
    api.post(eviction, body.formatted("evicted", ", deleteOptions: {dryRun: [All]}")).ok();
    JsonNode pod = api.get(DEFAULT + "pods/evicted").ok().body();
    assertThat(pod.at("/metadata/deletionTimestamp").isMissingNode()).isTrue();
    assertThat(pod.at("/status/conditions").toString()).doesNotContain("DisruptionTarget");
    api.post(eviction, body.formatted("evicted", "")).ok();
    assertThat(api.get(DEFAULT + "pods/evicted").code()).isEqualTo(404);
  }

  @Test
  void mandatoryFlowsStayAsTheyAre() {
    String path = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/catch-all";
    ObjectNode level = (ObjectNode) api.get(path).ok().body();
    assertThat(api.call("PUT", path, "application/json", level.toString()).code()).isEqualTo(200);
    level.withObjectProperty("spec").withObjectProperty("limited").put("lendablePercent", 7);
    Answer changed = api.call("PUT", path, "application/json", level.toString());
    assertThat(changed.code()).isEqualTo(422);
    assertThat(changed.message()).endsWith("spec of 'catch-all' must equal the fixed value");
  }
}
