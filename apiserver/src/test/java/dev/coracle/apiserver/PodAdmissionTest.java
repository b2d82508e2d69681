package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What admission adds to pods, also to those that are replaced. */
@ExtendWith(OwnServer.class)
class PodAdmissionTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";
  private static final String CLASSES = "/apis/node.k8s.io/v1/runtimeclasses";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post("/api/v1/namespaces/default/serviceaccounts", "metadata: {name: default}").ok();
  }

  private static ObjectNode pod(String name, String more) {
    return api.post(
            PODS,
            "{metadata: {name: "
                + name
                + "}, spec: {containers: [{name: c, image: i}]"
                + more
                + "}}")
        .ok()
        .body()
        .deepCopy();
  }

  @Test
  void tolerationsThatAReplacementLeavesOutComeBack() {
    ObjectNode pod = pod("tolerant", "");
    assertThat(pod.at("/spec/tolerations")).hasSize(2);
    pod.withArray("/spec/tolerations")
        .removeAll()
        .add(TestApi.tree("{key: foo, operator: Equal, value: bar, effect: NoSchedule}"));
    JsonNode replaced = api.put(PODS + "/tolerant", pod).ok().body();
    assertThat(replaced.at("/spec/tolerations").findValuesAsText("key"))
        .containsExactly("foo", "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
    assertThat(replaced.at("/metadata/generation").asInt()).isEqualTo(2);
  }

  @Test
  void thePriorityStaysWhereAReplacementDoesNotSayIt() {
    ObjectNode pod = pod("prior", "");
    assertThat(pod.at("/spec/priority").isInt()).isTrue();
    ((ObjectNode) pod.get("spec")).remove(java.util.List.of("priority", "preemptionPolicy"));
    JsonNode replaced = api.put(PODS + "/prior", pod).ok().body();
    assertThat(replaced.at("/spec/priority").asInt(-1)).isZero();
    assertThat(replaced.at("/spec/preemptionPolicy").asText()).isEqualTo("PreemptLowerPriority");
  }

  @Test
  void aNegativeGracePeriodIsAsShortAsCanBe() {
    ObjectNode pod = pod("hasty", ", terminationGracePeriodSeconds: -1");
    assertThat(pod.at("/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(1);
    ((ObjectNode) pod.get("spec")).put("terminationGracePeriodSeconds", -5);
    JsonNode replaced = api.put(PODS + "/hasty", pod).ok().body();
    assertThat(replaced.at("/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(1);
  }

  @Test
  void keysOfOwnLabelsBecomePartOfSelectors() {
    JsonNode pod =
        api.post(
                PODS,
                """
                metadata: {name: keyed, labels: {app: web, version: v2}}
                spec:
                  containers: [{name: c, image: i}]
                  topologySpreadConstraints:
                  - maxSkew: 1
                    topologyKey: t
                    whenUnsatisfiable: ScheduleAnyway
                    labelSelector: {matchLabels: {app: web}}
                    matchLabelKeys: [version, absent]
                  affinity:
                    podAntiAffinity:
                      preferredDuringSchedulingIgnoredDuringExecution:
                      - weight: 1
                        podAffinityTerm:
                          topologyKey: t
                          labelSelector: {}
                          matchLabelKeys: [app]
                          mismatchLabelKeys: [version]
                """)
            .ok()
            .body();
    assertThat(pod.at("/spec/topologySpreadConstraints/0/labelSelector"))
        .isEqualTo(
            TestApi.tree(
                "{matchLabels: {app: web}, matchExpressions: [{key: version, operator: In, values:"
                    + " [v2]}]}"));
    assertThat(
            pod.at(
                "/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0"
                    + "/podAffinityTerm/labelSelector"))
        .isEqualTo(
            TestApi.tree(
                "{matchExpressions: [{key: app, operator: In, values: [web]}, {key: version,"
                    + " operator: NotIn, values: [v2]}]}"));
    assertThat(
            api.post(
                    PODS,
                    """
                    metadata: {name: twice, labels: {app: web}}
                    spec:
                      containers: [{name: c, image: i}]
                      topologySpreadConstraints:
                      - maxSkew: 1
                        topologyKey: t
                        whenUnsatisfiable: ScheduleAnyway
                        labelSelector: {matchLabels: {app: web}}
                        matchLabelKeys: [app]
                    """)
                .message())
        .contains(
            "spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"app\": exists in"
                + " both matchLabelKeys and labelSelector");
  }

  /** The class follows from what the pod has in the end. */
  @Test
  void limitRangesDecideTheQosClass() {
    api.post("/api/v1/namespaces", "metadata: {name: ranged}").ok();
    api.post("/api/v1/namespaces/ranged/serviceaccounts", "metadata: {name: default}").ok();
    api.post(
            "/api/v1/namespaces/ranged/limitranges",
            "{metadata: {name: l}, spec: {limits: [{type: Container, default: {cpu: 1, memory: 1Gi},"
                + " defaultRequest: {cpu: 500m, memory: 1Gi}}]}}")
        .ok();
    JsonNode pod =
        api.post(
                "/api/v1/namespaces/ranged/pods",
                "{metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}")
            .ok()
            .body();
    assertThat(pod.at("/spec/containers/0/resources/requests/cpu").asText()).isEqualTo("500m");
    assertThat(pod.at("/status/qosClass").asText()).isEqualTo("Burstable");
  }

  /** As upstream records it: who sets it next need not take it from anybody. */
  @Test
  void whatAdmissionAddsBelongsToNobody() {
    JsonNode managed = pod("owned", "").at("/metadata/managedFields");
    assertThat(managed.toString())
        .contains("f:terminationGracePeriodSeconds", "f:image")
        .doesNotContain("f:tolerations", "f:serviceAccountName", "f:priority", "f:volumes");
  }

  /** However late a cache may be: who has made a class may use it. */
  @Test
  void runtimeClassesAreThereAtOnce() {
    for (int i = 0; i < 20; i++) {
      api.post(
              CLASSES,
              "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: c%d}, handler: h, overhead: {podFixed: {cpu: 10m}}}"
                  .formatted(i))
          .ok();
      assertThat(pod("classy-" + i, ", runtimeClassName: c" + i).at("/spec/overhead/cpu").asText())
          .isEqualTo("10m");
    }
    assertThat(
            api.post(
                    PODS,
                    "{metadata: {name: none}, spec: {runtimeClassName: none, containers: [{name: c,"
                        + " image: i}]}}")
                .message())
        .isEqualTo("pods \"none\" is forbidden: pod rejected: RuntimeClass \"none\" not found");
  }

  @Test
  void overheadIsThatOfTheClass() {
    String rejected = "pods \"over\" is forbidden: pod rejected: ";
    String none = rejected + "Pod Overhead set without corresponding RuntimeClass defined Overhead";
    String unlike = rejected + "Pod's Overhead doesn't match RuntimeClass's defined Overhead";
    String kind = "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, handler: h, metadata: ";
    api.post(CLASSES, kind + "{name: bare}}").ok();
    api.post(
            CLASSES,
            kind + "{name: heavy}, overhead: {podFixed: {cpu: '1', memory: '1073741824'}}}")
        .ok();

    assertThat(refused(", overhead: {cpu: 1}")).isEqualTo(none);
    assertThat(refused(", runtimeClassName: bare, overhead: {cpu: 1}")).isEqualTo(none);
    assertThat(refused(", runtimeClassName: heavy, overhead: {cpu: 1}")).isEqualTo(unlike);
    assertThat(refused(", runtimeClassName: heavy, overhead: {cpu: 1, memory: 2Gi}"))
        .isEqualTo(unlike);

    // An empty one is none, as it is in protobuf.
    assertThat(refused(", overhead: {}")).isEmpty();
    assertThat(pod("empty", ", runtimeClassName: heavy, overhead: {}").at("/spec/overhead/cpu"))
        .hasToString("\"1\"");

    ObjectNode pod = pod("same", ", runtimeClassName: heavy, overhead: {cpu: 1000m, memory: 1Gi}");
    assertThat(pod.at("/spec/overhead"))
        .isEqualTo(TestApi.tree("{cpu: '1', memory: '1073741824'}"));
    assertThat(pod("light", ", runtimeClassName: bare").path("spec").has("overhead")).isFalse();
  }

  private static String refused(String more) {
    return api.post(
            PODS, "{metadata: {name: over}, spec: {containers: [{name: c, image: i}]" + more + "}}")
        .message();
  }

  @Test
  void profilesOfAppArmorInAnnotationsBecomeFields() {
    String prefix = "container.apparmor.security.beta.kubernetes.io/";
    TestApi.Answer made =
        api.post(
                PODS,
                """
                metadata:
                  name: confined
                  annotations:
                    %1$sold: localhost/mine
                    %1$sboth: runtime/default
                    %1$ssame: unconfined
                spec:
                  securityContext: {appArmorProfile: {type: Unconfined}}
                  initContainers: [{name: old, image: i}]
                  containers:
                  - {name: both, image: i, securityContext: {appArmorProfile: {type: RuntimeDefault}}}
                  - {name: same, image: i}
                """
                    .formatted(prefix))
            .ok();
    JsonNode spec = made.body().path("spec");
    assertThat(spec.at("/initContainers/0/securityContext/appArmorProfile"))
        .isEqualTo(TestApi.tree("{type: Localhost, localhostProfile: mine}"));
    assertThat(spec.at("/containers/0/securityContext/appArmorProfile/type").asText())
        .isEqualTo("RuntimeDefault");
    assertThat(spec.at("/containers/1").has("securityContext")).isFalse();
    assertThat(made.warnings())
        .containsExactly(
            "299 - \"metadata.annotations["
                + prefix
                + "old]: deprecated since v1.30; use the \\\"appArmorProfile\\\" field instead\"");
  }
}
