package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Changes of Pods that their node's kubelet cannot carry out are refused (KEP-5328). */
@ExtendWith(OwnServer.class)
class DeclaredFeaturesTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
    api.post("/api/v1/nodes", "metadata: {name: plain}").ok();
    ObjectNode able = api.post("/api/v1/nodes", "metadata: {name: able}").ok().body().deepCopy();
    able.withObjectProperty("status")
        .putArray("declaredFeatures")
        .add("InPlacePodLevelResourcesVerticalScaling");
    api.put("/api/v1/nodes/able/status", able).ok();
  }

  private static ObjectNode resizedPodOn(String node) {
    ObjectNode pod =
        api.post(
                PODS,
                """
                metadata: {name: on-%1$s}
                spec:
                  nodeName: %1$s
                  containers: [{name: c, image: i}]
                  resources: {requests: {cpu: 1}}
                """
                    .formatted(node))
            .ok()
            .body()
            .deepCopy();
    pod.withObject("/spec/resources/requests").put("cpu", "2");
    return pod;
  }

  @Test
  void aNodeThatDoesNotDeclareItResizesNoPods() {
    TestApi.Answer answer = api.put(PODS + "/on-plain/resize", resizedPodOn("plain"));
    assertThat(answer.code()).isEqualTo(403);
    assertThat(answer.body().path("message").asText())
        .isEqualTo(
            "pods \"on-plain\" is forbidden: pod update requires features"
                + " InPlacePodLevelResourcesVerticalScaling which are not available on node"
                + " \"plain\"");
  }

  @Test
  void oneThatDeclaresItDoes() {
    JsonNode pod = api.put(PODS + "/on-able/resize", resizedPodOn("able")).ok().body();
    assertThat(pod.at("/spec/resources/requests/cpu").asText()).isEqualTo("2");
  }

  @Test
  void aNodeThatIsGoneDoesNotEither() {
    TestApi.Answer answer = api.put(PODS + "/on-gone/resize", resizedPodOn("gone"));
    assertThat(answer.code()).isEqualTo(403);
    assertThat(answer.body().path("message").asText())
        .isEqualTo("pods \"on-gone\" is forbidden: node \"gone\" not found");
  }
}
