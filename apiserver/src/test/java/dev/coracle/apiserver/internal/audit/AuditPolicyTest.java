package dev.coracle.apiserver.internal.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AuditPolicyTest {

  private static final AuditPolicy POLICY =
      policy(
          """
          apiVersion: audit.k8s.io/v1
          kind: Policy
          omitStages: [RequestReceived]
          rules:
          - level: None
            users: ["system:kube-proxy"]
            verbs: [watch]
            resources: [{group: "", resources: [endpoints, "services/*"]}]
          - level: None
            nonResourceURLs: ["/healthz*", /version]
          - level: Metadata
            resources: [{group: "", resources: [secrets], resourceNames: [one]}]
          - level: Request
            userGroups: [readers]
            namespaces: [kube-system, ""]
            omitStages: [ResponseStarted]
          - level: RequestResponse
            omitManagedFields: true
            resources: [{group: apps}, {group: "", resources: ["*/status"]}]
          - level: Metadata
            nonResourceURLs: ["/*"]
          """);

  private static AuditPolicy policy(String yaml) {
    return AuditPolicy.parse(yaml.getBytes(StandardCharsets.UTF_8));
  }

  private static String level(String user, String method, String path) {
    return level(UserInfo.of(user), method, path);
  }

  private static String level(UserInfo user, String method, String path) {
    boolean watch = path.endsWith("?watch");
    RequestInfo info = RequestInfo.of(method, path.replace("?watch", ""), watch, "", "");
    return POLICY.of(user, info).map(r -> r.level().word()).orElse("None");
  }

  @Test
  void aRuleMayBeForAllGroups() {
    AuditPolicy all =
        policy(
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            rules:
            - level: Request
              resources: [{group: "*", resources: ["*/status"]}]
            """);
    for (String path :
        new String[] {
          "/api/v1/namespaces/d/pods/p/status", "/apis/apps/v1/namespaces/d/deployments/x/status"
        }) {
      RequestInfo info = RequestInfo.of("PUT", path, false, "", "");
      assertThat(all.of(UserInfo.of("jane"), info).orElseThrow().level())
          .isEqualTo(AuditLevel.REQUEST);
    }
  }

  @Test
  void theFirstRuleThatMatchesDecides() {
    assertThat(level("system:kube-proxy", "GET", "/api/v1/endpoints?watch")).isEqualTo("None");
    assertThat(level("jane", "GET", "/api/v1/namespaces/d/secrets/one")).isEqualTo("Metadata");
    assertThat(level("jane", "GET", "/api/v1/namespaces/d/secrets/two")).isEqualTo("None");
    assertThat(level("jane", "PUT", "/api/v1/namespaces/d/pods/p/status"))
        .isEqualTo("RequestResponse");
    assertThat(level("jane", "PUT", "/apis/apps/v1/namespaces/d/deployments/x"))
        .isEqualTo("RequestResponse");
    assertThat(level("jane", "GET", "/healthz/etcd")).isEqualTo("None");
    assertThat(level("jane", "GET", "/apis")).isEqualTo("Metadata");
  }

  @Test
  void groupsAndNamespacesNarrowARule() {
    UserInfo reader = UserInfo.of("jane", "readers");
    assertThat(level(reader, "GET", "/api/v1/namespaces/kube-system/pods")).isEqualTo("Request");
    assertThat(level(reader, "GET", "/api/v1/nodes")).as("no namespace").isEqualTo("Request");
    assertThat(level(reader, "GET", "/api/v1/namespaces/other/pods")).isEqualTo("None");
  }

  @Test
  void aRuleOmitsThePolicysStagesToo() {
    AuditRule rule =
        POLICY
            .of(
                UserInfo.of("jane", "readers"),
                RequestInfo.of("GET", "/api/v1/nodes", false, "", ""))
            .orElseThrow();
    assertThat(rule.omitStages())
        .containsExactlyInAnyOrder(AuditStage.REQUEST_RECEIVED, AuditStage.RESPONSE_STARTED);
  }

  @Test
  void mistakesAreSaidInWords() {
    String head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
    assertThatThrownBy(() -> policy(head)).hasMessageContaining("no rules");
    assertThatThrownBy(() -> policy(head + "rules: [{level: All}]\n"))
        .hasMessageContaining("rules[0].level: Unsupported value: \"All\"");
    assertThatThrownBy(() -> policy(head + "rules: [{level: None, verb: [get]}]\n"))
        .hasMessageContaining("unknown field \"verb\"");
    assertThatThrownBy(() -> policy("kind: Policy\n")).hasMessageContaining("audit.k8s.io/v1");
    assertThatThrownBy(
            () -> policy(head + "rules: [{level: None, namespaces: [a], nonResourceURLs: [/x]}]\n"))
        .hasMessageContaining("both regular resources and non-resource URLs");
    for (String[] mistake :
        new String[][] {
          {"nonResourceURLs: [healthz]", "must begin with a '/' character"},
          {"nonResourceURLs: [/a*/b]", "must be the final character of the rule"},
          {"resources: [{group: apps, resourceNames: [a]}]", "requires at least one resource"},
          {"resources: [{group: apps/v1}]", "named without its version"}
        }) {
      assertThatThrownBy(() -> policy(head + "rules: [{level: None, " + mistake[0] + "}]\n"))
          .hasMessageContaining("rules[0].")
          .hasMessageContaining(mistake[1]);
    }
    assertThat(policy(head + "rules: [{level: None, nonResourceURLs: ['*', /a*]}]\n")).isNotNull();
  }
}
