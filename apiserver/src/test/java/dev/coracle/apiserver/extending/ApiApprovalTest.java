package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What definitions of Kubernetes' own groups say of their approval (upstream: apiapproval_test).
 */
@ExtendWith(OwnServer.class)
class ApiApprovalTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String ANNOTATION = "api-approved.kubernetes.io";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static TestApi.Answer define(String group, String annotations) {
    return api.post(
        CRDS,
        """
        {metadata: {name: tabs.%s, annotations: {%s}}, spec: {group: %s, scope: Cluster,
         names: {plural: tabs, kind: Tab}, versions: [{name: v1, served: true, storage: true,
         schema: {openAPIV3Schema: {type: object}}}]}}
        """
            .formatted(group, annotations, group));
  }

  private static JsonNode condition(String group) {
    Awaitility.await().until(() -> api.get("/apis/" + group + "/v1/tabs").code() == 200);
    for (JsonNode condition : api.get(CRDS + "/tabs." + group).body().at("/status/conditions")) {
      if (condition.path("type").asText().equals("KubernetesAPIApprovalPolicyConformant")) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  private static void assertSays(String group, String status, String reason, String message) {
    Awaitility.await()
        .untilAsserted(() -> {
          JsonNode said = condition(group);
          assertThat(said.path("status").asText()).isEqualTo(status);
          assertThat(said.path("reason").asText()).isEqualTo(reason);
          assertThat(said.path("message").asText()).isEqualTo(message);
        });
  }

  @Test
  void whatTheAnnotationSaysIsACondition() {
    String url = "https://github.com/kubernetes/enhancements/pull/1111";
    define("a.k8s.io", ANNOTATION + ": \"" + url + "\"").ok();
    assertSays("a.k8s.io", "True", "ApprovedAnnotation", "approved in " + url);
    api.merge(
            CRDS + "/tabs.a.k8s.io",
            "{\"metadata\":{\"annotations\":{\"" + ANNOTATION + "\":\"unapproved, for a test\"}}}")
        .ok();
    assertSays(
        "a.k8s.io", "False", "UnapprovedAnnotation", "not approved: \"unapproved, for a test\"");
  }

  @Test
  void othersHaveNone() {
    define("a.example.com", "").ok();
    assertThat(condition("a.example.com").isMissingNode()).isTrue();
    assertThat(define("b.kubernetes.io", ANNOTATION + ": soon").message())
        .contains("with either a URL or a reason starting with \"unapproved\"");
  }
}
