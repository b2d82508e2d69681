package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What kubectl sees of priority and fairness. */
@Tag("kubectl")
class FlowControlHttpTest {

  @TempDir static Path dir;
  private static TestServer server;
  private static Kubectl kubectl;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void theDefaultObjectsAreThereAndEveryAnswerNamesThem() {
    assertThat(kubectl.ok("get", "flowschemas"))
        .contains("PRIORITYLEVEL", "system-node-high", "workload-leader-election");
    assertThat(kubectl.ok("get", "prioritylevelconfigurations"))
        .contains("NOMINALCONCURRENCYSHARES", "global-default");
    String uid = kubectl.ok("get", "flowschema", "exempt", "-o", "jsonpath={.metadata.uid}");
    String level =
        kubectl.ok("get", "prioritylevelconfiguration", "exempt", "-o", "jsonpath={.metadata.uid}");
    Kubectl.Ran ran = kubectl.run("", "get", "namespaces", "-v=8");
    String heard = ran.err().toLowerCase(java.util.Locale.ROOT);
    assertThat(heard)
        .contains("x-kubernetes-pf-flowschema-uid: " + uid)
        .contains("x-kubernetes-pf-prioritylevel-uid: " + level);
  }

  @Test
  void aSchemaOfAUserTakesEffectAtOnce() {
    kubectl.okWith(
        """
        apiVersion: flowcontrol.apiserver.k8s.io/v1
        kind: FlowSchema
        metadata: {name: mine}
        spec:
          priorityLevelConfiguration: {name: workload-low}
          matchingPrecedence: 50
          rules:
          - subjects: [{kind: User, user: {name: jane}}]
            nonResourceRules: [{verbs: ["*"], nonResourceURLs: ["*"]}]
        """,
        "create",
        "-f",
        "-");
    String uid = kubectl.ok("get", "flowschema", "mine", "-o", "jsonpath={.metadata.uid}");
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(30))
        .until(() ->
            kubectl.run("", "get", "--raw", "/version", "--as=jane", "-v=8").err().contains(uid));
  }

  @Test
  void aDefaultIsPutBackWhenSomebodyChangesIt() {
    String level = "global-default";
    String shares = "jsonpath={.spec.limited.nominalConcurrencyShares}";
    kubectl.ok(
        "patch",
        "prioritylevelconfiguration",
        level,
        "--type=merge",
        "-p",
        "{\"spec\":{\"limited\":{\"nominalConcurrencyShares\":1}}}");
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(30))
        .until(() ->
            kubectl.ok("get", "prioritylevelconfiguration", level, "-o", shares).equals("20"));
  }

  @Test
  void theLevelsQueuesAndRequestsCanBeDumped() {
    String path = "/debug/api_priority_and_fairness/";
    assertThat(kubectl.ok("get", "--raw", path + "dump_priority_levels"))
        .startsWith("PriorityLevelName, ")
        .contains("\nglobal-default, ", "\nexempt, ");
    assertThat(kubectl.ok("get", "--raw", path + "dump_queues"))
        .startsWith("PriorityLevelName, Index, ")
        .contains("\nglobal-default, ")
        .doesNotContain("\nexempt, ");
    assertThat(kubectl.ok("get", "--raw", path + "dump_requests?includeRequestDetails=1"))
        .as("at least this very request runs")
        .contains("\nexempt, ", path + "dump_requests, ");
    assertThat(kubectl.run("", "get", "--raw", path + "dump_queues", "--as=nobody").err())
        .contains("forbidden");
    assertThat(kubectl.run("", "get", "--raw", path + "other").err()).contains("NotFound");
  }
}
