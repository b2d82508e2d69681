package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.TestApi.Answer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who applies a part of an object does not own what that write leaves as it is. */
@ExtendWith(OwnServer.class)
class ResetFieldsTest {

  /** Of a key on P-256, for CN=reset. */
  private static final String REQUEST =
      "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01ISUNBUUF3RURFT01Bd0dBMVVF"
          + "QXd3RmNtVnpaWFF3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQgpCd05DQUFRZDg5dzBWUnd4a3g3"
          + "aGVpN0xqV29oV1RCR0pWRTMzMkVxSDhlamxmazYwNmRvK1dUdkdMd01yWWdIClQ2L1dmZ0N6SFVuai94"
          + "SDhEcDdTbHpLUlVmcUZvQUF3Q2dZSUtvWkl6ajBFQXdJRFNBQXdSUUloQVBROFZZR08KcXE5L2ZMWC91"
          + "OWU0Tko4NGg4NzR5eHVrSndhT0xUU0tUMzJHQWlBMEJORWNsVklQak1wTnFqMzFWSVlSM2VyOApHM2VK"
          + "eGM0ZlRxL3l5NGNxU1E9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.post("/api/v1/namespaces/default/serviceaccounts", "{metadata: {name: default}}").ok();
  }

  private static Answer apply(String path, String manager, String configuration) {
    return api.call(
        "PATCH", path + "?fieldManager=" + manager, "application/apply-patch+yaml", configuration);
  }

  private static JsonNode owned(Answer answer, String manager) {
    for (JsonNode entry : answer.ok().body().at("/metadata/managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry.path("fieldsV1");
      }
    }
    return MissingNode.getInstance();
  }

  @Test
  void metadataThatAStatusDoesNotReachIsNotOwned() {
    String flow =
        """
        apiVersion: flowcontrol.apiserver.k8s.io/v1
        kind: FlowSchema
        metadata: {name: reset, labels: {a: %s}}
        spec: {priorityLevelConfiguration: {name: %s}}
        status: {conditions: [{type: Dangling, status: "%s"}]}
        """;
    String path = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/reset";
    Answer made = apply(path, "maker", flow.formatted("b", "global-default", "True"));
    assertThat(owned(made, "maker").has("f:status")).isFalse();
    Answer told = apply(path + "/status", "teller", flow.formatted("c", "other", "False"));
    assertThat(owned(told, "teller").toString())
        .startsWith("{\"f:status\":")
        .doesNotContain("f:metadata", "f:spec");
    assertThat(told.body().at("/metadata/labels/a").asText()).isEqualTo("b");
    assertThat(apply(path, "other", flow.formatted("c", "global-default", "True")).message())
        .isEqualTo("Apply failed with 1 conflict: conflict with \"maker\": .metadata.labels.a");
  }

  @Test
  void aDeploymentsLabelsDoNotComeWithItsStatusAndItsAnnotationsDo() {
    String deployment =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: reset, labels: {a: %s}, annotations: {x: %s}}
        spec:
          selector: {matchLabels: {a: b}}
          template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}
        """;
    String path = "/apis/apps/v1/namespaces/default/deployments/reset";
    apply(path, "maker", deployment.formatted("b", "one")).ok();
    Answer told =
        api.call(
            "PATCH",
            path + "/status?fieldManager=teller&force=true",
            "application/apply-patch+yaml",
            deployment.formatted("c", "two"));
    assertThat(owned(told, "teller").toString())
        .isEqualTo("{\"f:metadata\":{\"f:annotations\":{\"f:x\":{}}}}");
    assertThat(told.body().at("/metadata/labels/a").asText()).isEqualTo("b");
    assertThat(told.body().at("/metadata/annotations/x").asText()).isEqualTo("two");
  }

  @Test
  void metadataOfACustomResourceIsNotOwnedByItsStatus() {
    api.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            """
            {metadata: {name: tabs.reset.io}, spec: {group: reset.io, scope: Cluster, names:
             {plural: tabs, kind: Tab}, versions: [{name: v1, served: true, storage: true,
             subresources: {status: {}}, schema: {openAPIV3Schema: {type: object, properties:
             {spec: {type: object, x-kubernetes-preserve-unknown-fields: true},
             status: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}]}}
            """)
        .ok();
    String path = "/apis/reset.io/v1/tabs";
    Awaitility.await().until(() -> api.get(path).code() == 200);
    String tab =
        "{apiVersion: reset.io/v1, kind: Tab, metadata: {name: t, labels: {a: b}},"
            + " spec: {x: 1}, status: {y: 2}}";
    apply(path + "/t", "maker", tab).ok();
    Answer told = apply(path + "/t/status", "teller", tab);
    assertThat(owned(told, "teller").toString()).isEqualTo("{\"f:status\":{\"f:y\":{}}}");
  }

  @Test
  void nobodyOwnsWhatACertificateIsAskedFor() {
    String path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    String request =
        "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: %s,"
            + " labels: {a: b}}, spec: {request: "
            + REQUEST
            + ", signerName: a.b/c, usages: [client auth]}}";
    Answer applied = apply(path + "/one", "maker", request.formatted("one"));
    assertThat(owned(applied, "maker").toString())
        .isEqualTo("{\"f:metadata\":{\"f:labels\":{\"f:a\":{}}}}");
    Answer approved =
        apply(
            path + "/one/approval",
            "approver",
            "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name:"
                + " one}, status: {certificate: eA==, conditions: [{type: Approved, status: 'True',"
                + " reason: x, message: y}]}}");
    assertThat(owned(approved, "approver").path("f:status").has("f:conditions")).isTrue();
    assertThat(owned(approved, "approver").path("f:status").has("f:certificate")).isFalse();
  }

  @Test
  void whoDebugsOrResizesAPodChangesNothingElseOfIt() {
    String pods = "/api/v1/namespaces/default/pods";
    ObjectNode pod =
        (ObjectNode)
            api.post(
                    pods,
                    "{metadata: {name: parts, labels: {a: b}}, spec: {nodeName: n, containers:"
                        + " [{name: c, image: i, resources: {requests: {cpu: 1}}}]}}")
                .ok()
                .body();
    ((ObjectNode) pod.path("metadata")).remove("resourceVersion");
    pod.withObject("/metadata/labels").put("a", "other");
    ObjectNode spec = (ObjectNode) pod.path("spec");
    spec.put("hostNetwork", true).put("activeDeadlineSeconds", 3);
    ObjectNode container = (ObjectNode) spec.at("/containers/0");
    container.put("image", "other").withObject("/resources/requests").put("cpu", "2");
    spec.putArray("ephemeralContainers").addObject().put("name", "d").put("image", "x");
    JsonNode debugged = api.put(pods + "/parts/ephemeralcontainers", pod).ok().body();
    assertThat(debugged.at("/spec/ephemeralContainers/0/name").asText()).isEqualTo("d");
    assertThat(debugged.at("/spec/containers/0/resources/requests/cpu").asText()).isEqualTo("1");
    assertUntouched(debugged);
    JsonNode resized = api.put(pods + "/parts/resize", pod).ok().body();
    assertThat(resized.at("/spec/containers/0/resources/requests/cpu").asText()).isEqualTo("2");
    assertUntouched(resized);
  }

  private static void assertUntouched(JsonNode pod) {
    assertThat(pod.at("/metadata/labels/a").asText()).isEqualTo("b");
    assertThat(pod.at("/spec/containers/0/image").asText()).isEqualTo("i");
    assertThat(pod.path("spec").has("hostNetwork")).isFalse();
    assertThat(pod.path("spec").has("activeDeadlineSeconds")).isFalse();
  }

  @Test
  void aStatusThatDoesNotSayOfWhichGenerationItIsKeepsWhatWasSaid() {
    String pods = "/api/v1/namespaces/default/pods";
    api.post(
            pods,
            "{metadata: {name: seen}, spec: {nodeName: n, containers: [{name: c, image: i}]}}")
        .ok();
    api.merge(
            pods + "/seen/status",
            """
            {"status": {"observedGeneration": 3, "conditions": [
             {"type": "A", "status": "True", "observedGeneration": 2},
             {"type": "B", "status": "True"}]}}
            """)
        .ok();
    JsonNode status =
        api.merge(
                pods + "/seen/status",
                """
                {"status": {"observedGeneration": 0, "conditions": [
                 {"type": "B", "status": "True", "observedGeneration": 4},
                 {"type": "A", "status": "False"}]}}
                """)
            .ok()
            .body()
            .path("status");
    assertThat(status.path("observedGeneration").asInt()).isEqualTo(3);
    assertThat(status.at("/conditions/0/observedGeneration").asInt()).isEqualTo(4);
    assertThat(status.at("/conditions/1/observedGeneration").asInt()).isEqualTo(2);
  }

  @Test
  void whoResizesAPodOwnsResourcesAlone() {
    String path = "/api/v1/namespaces/default/pods/reset";
    String pod =
        "{apiVersion: v1, kind: Pod, metadata: {name: reset, labels: {a: %s}}, spec: {containers:"
            + " [{name: c, image: i, resources: {requests: {cpu: %s}}}]}}";
    apply(path, "maker", pod.formatted("b", "1")).ok();
    Answer resized =
        api.call(
            "PATCH",
            path + "/resize?fieldManager=resizer&force=true",
            "application/apply-patch+yaml",
            pod.formatted("c", "2"));
    assertThat(owned(resized, "resizer").toString())
        .isEqualTo(
            "{'f:spec':{'f:containers':{'k:{\\'name\\':\\'c\\'}':{'.':{},'f:resources':{'f:requests':{'f:cpu':{}}}}}}}"
                .replace('\'', '"'));
    assertThat(resized.body().at("/metadata/labels/a").asText()).isEqualTo("b");
    Answer told =
        apply(
            path + "/status",
            "kubelet",
            "{apiVersion: v1, kind: Pod, metadata: {name: reset, ownerReferences: [{apiVersion: v1,"
                + " kind: ConfigMap, name: m, uid: u}]}, status: {reason: why}}");
    assertThat(owned(told, "kubelet").toString()).isEqualTo("{\"f:status\":{\"f:reason\":{}}}");
  }
}
