package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestApi.Answer;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a namespace's labels do to it, to the pods in it, and to those that come. */
@ExtendWith(OwnServer.class)
class PodSecurityTest {

  private static final String LABEL = "pod-security.kubernetes.io/";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
  }

  private static Answer namespace(String name, String labels) {
    Answer answer =
        api.post(
            "/api/v1/namespaces", "{metadata: {name: " + name + ", labels: {" + labels + "}}}");
    if (answer.code() == 201) {
      api.post("/api/v1/namespaces/" + name + "/serviceaccounts", "{metadata: {name: default}}");
    }
    return answer;
  }

  private static Answer pod(String namespace, String name, String spec) {
    return api.post(
        "/api/v1/namespaces/" + namespace + "/pods",
        "{metadata: {name: "
            + name
            + "}, spec: {"
            + spec
            + ", containers: [{name: c, image: i}]}}");
  }

  private static Answer label(String namespace, String mode, String level) {
    return api.merge(
        "/api/v1/namespaces/" + namespace,
        "{metadata: {labels: {" + LABEL + mode + ": " + level + "}}}");
  }

  /** As the header has them, without what stands around. */
  private static List<String> warnings(Answer answer) {
    return answer.ok().warnings().stream()
        .map(w -> w.substring("299 - \"".length(), w.length() - 1).replace("\\\"", "\""))
        .toList();
  }

  @Test
  void labelsThatSayNothingAreRefused() {
    Answer answer = namespace("wrong", LABEL + "enforce: strict, " + LABEL + "warn-version: '1'");
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message())
        .isEqualTo(
            "Namespace \"wrong\" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]:"
                + " Invalid value: \"strict\": must be one of privileged, baseline, restricted,"
                + " metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"1\":"
                + " must be \"latest\" or \"v1.x\"]");
    namespace("mended", "a: b").ok();
    assertThat(label("mended", "audit", "none").code()).isEqualTo(422);
    label("mended", "audit", "baseline").ok();
  }

  @Test
  void podsThatDoTooMuchAreRefusedOrTold() {
    namespace("held", LABEL + "enforce: baseline, " + LABEL + "warn: restricted").ok();
    Answer refused = pod("held", "host", "hostNetwork: true");
    assertThat(refused.code()).isEqualTo(403);
    assertThat(refused.message())
        .isEqualTo(
            "pods \"host\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces"
                + " (hostNetwork=true)");
    assertThat(refused.warnings()).isEmpty();
    assertThat(warnings(pod("held", "plain", "hostNetwork: false")))
        .singleElement()
        .asString()
        .startsWith(
            "would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false"
                + " (container \"c\" must set");
    assertThat(
            api.merge("/api/v1/namespaces/held/pods/plain", "{metadata: {labels: {a: b}}}")
                .ok()
                .warnings())
        .isEmpty();
    Answer workload =
        api.post(
                "/apis/apps/v1/namespaces/held/deployments",
                "{metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata:"
                    + " {labels: {a: b}}, spec: {hostPID: true, containers: [{name: c, image: i}]}}}}")
            .ok();
    assertThat(workload.warnings()).singleElement().asString().contains("hostPID=true");
  }

  @Test
  void whoHoldsBackMoreIsToldOfThePodsThatAreThere() {
    namespace("full", "a: b").ok();
    pod("full", "b", "hostNetwork: true").ok();
    pod("full", "a", "hostNetwork: true").ok();
    pod("full", "c", "hostNetwork: true, hostPID: true").ok();
    pod("full", "d", "volumes: [{name: v, hostPath: {path: /}}]").ok();
    pod("full", "fine", "hostNetwork: false").ok();
    assertThat(label("full", "warn", "restricted").ok().warnings()).isEmpty();
    assertThat(warnings(label("full", "enforce", "baseline")))
        .containsExactly(
            "existing pods in namespace \"full\" violate the new PodSecurity enforce level"
                + " \"baseline:latest\"",
            "a (and 2 other pods): host namespaces",
            "d: hostPath volumes");
    assertThat(label("full", "enforce", "privileged").ok().warnings()).isEmpty();
  }
}
