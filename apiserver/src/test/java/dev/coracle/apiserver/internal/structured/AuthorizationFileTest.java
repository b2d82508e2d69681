package dev.coracle.apiserver.internal.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong file differs in one place from one that is right. */
class AuthorizationFileTest {

  private static final String RIGHT =
      """
      apiVersion: apiserver.config.k8s.io/v1
      kind: AuthorizationConfiguration
      authorizers:
      - type: Webhook
        name: policy
        webhook:
          timeout: 3s
          authorizedTTL: 1m30s
          subjectAccessReviewVersion: v1
          matchConditionSubjectAccessReviewVersion: v1
          failurePolicy: Deny
          connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/policy}
          matchConditions:
          - expression: has(request.resourceAttributes)
          - expression: "!('system:nodes' in request.groups)"
      - {type: Node, name: node}
      - {type: RBAC, name: rbac}
      """;

  private static AuthorizationFile parse(String yaml) {
    return AuthorizationFile.parse(yaml.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aRightFileIsReadInItsOrder() {
    AuthorizationFile file = parse(RIGHT);
    assertThat(file.authorizers()).hasSize(3);
    var webhook = (AuthorizationFile.Webhook) file.authorizers().getFirst();
    assertThat(webhook.settings().timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(webhook.settings().authorizedTtl()).isEqualTo(Duration.ofSeconds(90));
    assertThat(webhook.settings().unauthorizedTtl()).isEqualTo(Duration.ofSeconds(30));
    assertThat(webhook.settings().denyOnFailure()).isTrue();
    assertThat(webhook.settings().conditions()).hasSize(2);
    assertThat(file.authorizers().get(1)).isEqualTo(new AuthorizationFile.Own("Node", "node"));
    assertThat(file.authorizers().get(2)).isEqualTo(new AuthorizationFile.Own("RBAC", "rbac"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "type: RBAC|type: ABAC|authorizers[2].type: Unsupported value: \"ABAC\"",
        "type: RBAC|type: Node|authorizers[2].type: Duplicate value",
        "name: rbac|name: node|authorizers[2].name: Duplicate value",
        "name: rbac|name: A_B|authorizers[2].name: Invalid value: \"A_B\": authorizer name is"
            + " invalid: a lowercase RFC 1123 subdomain must consist of",
        "timeout: 3s|timeout: 0s|authorizers[0].webhook.timeout: Required value",
        "name: rbac|title: rbac|authorizers[2].title: unknown field",
        "timeout: 3s|timeout: 31s|authorizers[0].webhook.timeout: Invalid value: \"31s\": must"
            + " be > 0s and <= 30s",
        "timeout: 3s|timeout: soon|authorizers[0].webhook.timeout: Invalid value: \"soon\": must be"
            + " a duration",
        "failurePolicy: Deny|failurePolicy: Allow|authorizers[0].webhook.failurePolicy: Unsupported"
            + " value",
        "  subjectAccessReviewVersion: v1|  subjectAccessReviewVersion:"
            + " v2|authorizers[0].webhook.subjectAccessReviewVersion",
        "  matchConditionSubjectAccessReviewVersion: v1|  cacheAuthorizedRequests:"
            + " false|authorizers[0].webhook.matchConditionSubjectAccessReviewVersion: Required"
            + " value: required if match conditions are specified",
        "/etc/policy|policy|authorizers[0].webhook.connectionInfo.kubeConfigFile: Invalid value:"
            + " \"policy\": must be an absolute path",
        "request.groups|request.group|authorizers[0].webhook.matchConditions[1].expression: Invalid"
            + " value",
        "type: Webhook|type: AlwaysDeny|authorizers[0].webhook: Invalid value: \"non-null\": may only be"
            + " specified when type=Webhook",
      })
  void whatIsWrongIsNamedWithItsPlace(String what, String with, String words) {
    assertThat(RIGHT).contains(what);
    assertThatThrownBy(() -> parse(RIGHT.replace(what, with)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(words);
  }
}
