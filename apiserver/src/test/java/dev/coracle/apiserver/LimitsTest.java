package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestApi.Answer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LimitRanges, and what quotas want to be told, in upstream's words. */
@ExtendWith(OwnServer.class)
class LimitsTest {

  private static TestApi api;
  private static int next;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
  }

  private static String namespace() {
    String name = "limits-" + next++;
    api.post("/api/v1/namespaces", "{metadata: {name: " + name + "}}").ok();
    String path = "/api/v1/namespaces/" + name;
    api.post(path + "/serviceaccounts", "{metadata: {name: default}}");
    return path;
  }

  private static Answer pod(String namespace, String containers) {
    return api.post(
        namespace + "/pods", "{metadata: {name: p}, spec: {containers: [" + containers + "]}}");
  }

  private static String c(String name, String requests, String limits) {
    return "{name: "
        + name
        + ", image: i, resources: {requests: {"
        + requests
        + "}, limits: {"
        + limits
        + "}}}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          type: Container, min: {cpu: 100m} | cpu: 50m | cpu: 60m | minimum cpu usage per Container is 100m, but request is 50m
          type: Pod, min: {cpu: 100m} | memory: 1Gi | | minimum cpu usage per Pod is 100m.  No request is specified
          type: Container, max: {memory: 1Gi} | memory: 2Gi | memory: 3Gi | maximum memory usage per Container is 1Gi, but limit is 3Gi
          type: Pod, max: {memory: 1Gi} | memory: 2Gi | | maximum memory usage per Pod is 1Gi.  No limit is specified
          type: Container, maxLimitRequestRatio: {cpu: 2} | cpu: 100m | cpu: 300m | cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000
          type: Container, maxLimitRequestRatio: {cpu: 2} | cpu: 100m | | cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0
          type: Container, maxLimitRequestRatio: {cpu: 2} | memory: 1Gi | | cpu max limit to request ratio per Container is 2, but no request is specified or request is 0
          """)
  void eachBoundIsToldOnce(String limit, String requests, String limits, String words) {
    String namespace = namespace();
    String range = "{metadata: {name: r}, spec: {limits: [{" + limit + "}]}}";
    api.post(namespace + "/limitranges", range).ok();
    Answer answer = pod(namespace, c("c", or(requests), or(limits)));
    assertThat(answer.code()).isEqualTo(403);
    assertThat(answer.message()).isEqualTo("pods \"p\" is forbidden: " + words);
  }

  private static String or(String text) {
    return text == null ? "" : text;
  }

  /** An init container alone may need more than all that come after it. */
  @Test
  void aPodIsCountedWithItsInitContainers() {
    String namespace = namespace();
    api.post(
            namespace + "/limitranges",
            "{metadata: {name: r}, spec: {limits: [{type: Pod, max: {cpu: 1}}]}}")
        .ok();
    Answer answer =
        api.post(
            namespace + "/pods",
            "{metadata: {name: p}, spec: {initContainers: ["
                + c("i", "cpu: 2", "cpu: 2")
                + "], containers: ["
                + c("c", "cpu: 100m", "cpu: 100m")
                + "]}}");
    assertThat(answer.message())
        .isEqualTo("pods \"p\" is forbidden: maximum cpu usage per Pod is 1, but limit is 2");
  }

  @Test
  void whatAPodsSandboxTakesIsNotTheUsers() {
    api.post(
            "/apis/node.k8s.io/v1/runtimeclasses",
            "{metadata: {name: heavy}, handler: h, overhead: {podFixed: {cpu: 1}}}")
        .ok();
    String namespace = namespace();
    api.post(
            namespace + "/limitranges",
            "{metadata: {name: r}, spec: {limits: [{type: Pod, max: {cpu: 1}}]}}")
        .ok();
    api.post(
            namespace + "/pods",
            "{metadata: {name: p}, spec: {runtimeClassName: heavy, containers: ["
                + c("c", "cpu: 1", "cpu: 1")
                + "]}}")
        .ok();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          requests: {storage: 1Gi}, limits: {storage: 9Gi} |
          requests: {storage: 1Mi} | minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi
          requests: {storage: 3Gi} | maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi
          """)
  void ofClaimsTheRequestAloneIsBounded(String resources, String words) {
    String namespace = namespace();
    api.post(
            namespace + "/limitranges",
            "{metadata: {name: r}, spec: {limits: [{type: PersistentVolumeClaim,"
                + " min: {storage: 1Gi}, max: {storage: 2Gi}}]}}")
        .ok();
    Answer answer =
        api.post(
            namespace + "/persistentvolumeclaims",
            "{metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], resources: {"
                + resources
                + "}}}");
    if (words == null) {
      answer.ok();
    } else {
      assertThat(answer.message()).isEqualTo("persistentvolumeclaims \"c\" is forbidden: " + words);
    }
  }

  @Test
  void theFirstRangeThatIsViolatedRefuses() {
    String namespace = namespace();
    for (String name : new String[] {"a", "b"}) {
      api.post(
              namespace + "/limitranges",
              "{metadata: {name: " + name + "}, spec: {limits: [{type: Pod, max: {cpu: 1}}]}}")
          .ok();
    }
    assertThat(pod(namespace, c("c", "cpu: 2", "cpu: 2")).message())
        .isEqualTo("pods \"p\" is forbidden: maximum cpu usage per Pod is 1, but limit is 2");
  }

  @Test
  void whatAQuotaCountsAllContainersHaveToSay() {
    String namespace = namespace();
    api.post(
            namespace + "/resourcequotas",
            "{metadata: {name: q}, spec: {hard: {requests.cpu: 4}},"
                + " status: {hard: {requests.cpu: 4}, used: {requests.cpu: 0}}}")
        .ok();
    Answer answer =
        api.post(
            namespace + "/pods",
            "{metadata: {name: p}, spec: {initContainers: [{name: i, image: i}, {name: h, image:"
                + " i}], containers: ["
                + c("c", "cpu: 100m", "")
                + "]}}");
    assertThat(answer.message())
        .isEqualTo("pods \"p\" is forbidden: failed quota: q: must specify requests.cpu for: h,i");
  }
}
