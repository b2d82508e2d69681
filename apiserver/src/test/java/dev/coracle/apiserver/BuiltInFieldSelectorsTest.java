package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fields of built-in kinds that are no plain texts: numbers and truth values are never unset. */
@ExtendWith(OwnServer.class)
class BuiltInFieldSelectorsTest {
  private static final String DEFAULT = "/api/v1/namespaces/default/";
  private static final String POD = "spec: {containers: [{name: c, image: i}]";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.post("/api/v1/nodes", "{metadata: {name: open}}").ok();
    api.post("/api/v1/nodes", "{metadata: {name: closed}, spec: {unschedulable: true}}").ok();
    api.post(DEFAULT + "serviceaccounts", "{metadata: {name: default}}");
    api.post(DEFAULT + "pods", "{metadata: {name: own}, " + POD + "}}").ok();
    api.post(DEFAULT + "pods", "{metadata: {name: hosts}, " + POD + ", hostNetwork: true}}").ok();
    api.post(
            DEFAULT + "replicationcontrollers",
            "{metadata: {name: rc}, spec: {selector: {a: b}, template: {metadata: {labels: {a: b}},"
                + POD
                + "}}}}")
        .ok();
    api.post(
            "/apis/batch/v1/namespaces/default/jobs",
            "{metadata: {name: job}, spec: {template: {" + POD + ", restartPolicy: Never}}}}")
        .ok();
    api.post(DEFAULT + "events", event("old", "source: {component: kubelet}")).ok();
    api.post(DEFAULT + "events", event("new", "reportingComponent: example.org/x")).ok();
  }

  private static String event(String name, String more) {
    return "{metadata: {name: "
        + name
        + "}, involvedObject: {kind: Pod, namespace: default, name: own}, "
        + more
        + "}";
  }

  private static List<String> names(String resource, String selector) {
    String path = resource.equals("nodes") || resource.equals("namespaces") ? "/api/v1/" : DEFAULT;
    return api
        .get(path + resource + "?fieldSelector=" + URLEncoder.encode(selector, UTF_8))
        .ok()
        .body()
        .findParents("metadata")
        .stream()
        .map((JsonNode item) -> item.path("metadata").path("name").asText())
        .filter(name -> !name.isEmpty())
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "nodes, spec.unschedulable=false, open",
    "nodes, spec.unschedulable=true, closed",
    "nodes, spec.unschedulable!=true, open",
    "pods, spec.hostNetwork=false, own",
    "pods, spec.hostNetwork=true, hosts",
    "replicationcontrollers, status.replicas=0, rc",
    "namespaces, name=kube-system, kube-system",
    "events, source=kubelet, old",
    "events, source=example.org/x, new",
  })
  void selectsByTheValueItHas(String resource, String selector, String name) {
    assertThat(names(resource, selector)).containsExactly(name);
  }

  @Test
  void selectsJobsByHowManySucceeded() {
    String jobs = "/apis/batch/v1/namespaces/default/jobs";
    String none = jobs + "?fieldSelector=status.successful%3D0";
    assertThat(api.get(none).ok().body().path("items")).hasSize(1);
    api.call(
            "PATCH",
            jobs + "/job/status",
            "application/merge-patch+json",
            "{\"status\": {\"succeeded\": 1, \"uncountedTerminatedPods\": {}}}")
        .ok();
    assertThat(api.get(none).ok().body().path("items")).isEmpty();
    assertThat(api.get(jobs + "?fieldSelector=status.successful%3D1").ok().body().path("items"))
        .hasSize(1);
  }
}
