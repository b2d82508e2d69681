package dev.coracle.apiserver.internal.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.apiserver.internal.authn.JwtIssuer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong file differs in one place from one that is right. */
class AuthenticationFileTest {

  private static final String RIGHT =
      """
      apiVersion: apiserver.config.k8s.io/v1
      kind: AuthenticationConfiguration
      jwt:
      - issuer:
          url: https://one.example.org
          audiences: [coracle, other]
          audienceMatchPolicy: MatchAny
        claimValidationRules:
        - claim: tenant
          requiredValue: one
        - expression: claims.exp - claims.iat <= 3600
          message: lives too long
        claimMappings:
          username: {expression: '"x:" + claims.sub'}
          groups: {claim: groups, prefix: ""}
          extra: [{key: example.org/team, valueExpression: claims.team}]
        userValidationRules:
        - expression: "!user.username.startsWith('x:system:')"
          message: reserved
      anonymous: {enabled: true, conditions: [{path: /livez}]}
      """;

  private static AuthenticationFile parse(String yaml) {
    return parse(yaml, null);
  }

  private static AuthenticationFile parse(String yaml, @Nullable Boolean anonymousFlag) {
    return AuthenticationFile.parse(
        yaml.getBytes(StandardCharsets.UTF_8), "https://kubernetes.default.svc", anonymousFlag);
  }

  @Test
  void aRightFileIsRead() {
    AuthenticationFile file = parse(RIGHT);
    JwtIssuer issuer = file.issuers().getFirst().issuer();
    assertThat(issuer.url()).isEqualTo("https://one.example.org");
    assertThat(issuer.discovery())
        .hasToString("https://one.example.org/.well-known/openid-configuration");
    assertThat(issuer.audiences()).containsExactly("coracle", "other");
    assertThat(issuer.claimRules()).hasSize(2);
    assertThat(issuer.userRules()).hasSize(1);
    assertThat(file.anonymous().at("/livez")).isTrue();
    assertThat(file.anonymous().at("/version")).isFalse();
  }

  @Test
  void withoutAWordOnItAnonymousRequestsAreLetInEverywhere() {
    String yaml = RIGHT.replaceFirst("anonymous: .*\n", "");
    assertThat(parse(yaml).anonymous().at("/version")).isTrue();
    assertThat(parse(yaml + "anonymous: {enabled: false}\n").anonymous().at("/livez")).isFalse();
  }

  @Test
  void eitherTheFlagOrTheFileSaysSo() {
    String yaml = RIGHT.replaceFirst("anonymous: .*\n", "");
    assertThat(parse(yaml, false).anonymous().at("/livez")).isFalse();
    assertThat(parse(yaml, true).anonymous().at("/version")).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parse(RIGHT, false))
        .withMessage(
            "--anonymous-auth flag cannot be set when anonymous field is configured in"
                + " authentication configuration file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "config.k8s.io/v1|config.k8s.io/v9|apiVersion: Invalid value:"
            + " \"apiserver.config.k8s.io/v9\"",
        "kind: Authen|kind: Author|kind: Invalid value: \"AuthorticationConfiguration\"",
        "https://one|http://one|jwt[0].issuer.url: Invalid value: \"http://one.example.org\": URL"
            + " scheme must be https",
        "https://one.example.org|https://kubernetes.default.svc|jwt[0].issuer.url: Invalid value:"
            + " \"https://kubernetes.default.svc\": URL must not overlap with disallowed issuers:"
            + " [https://kubernetes.default.svc]",
        "audiences:|`discoveryURL: https://one.example.org/\n    audiences:`"
            + "|jwt[0].issuer.discoveryURL: Invalid value: \"https://one.example.org/\": discoveryURL"
            + " must be different from URL",
        "https://one|https://me@one|jwt[0].issuer.url: Invalid value: \"https://me@one.example.org\":"
            + " URL must not contain a username or password",
        "audiences:|`egressSelectorType: proxy\n    audiences:`|jwt[0].issuer.egressSelectorType:"
            + " Invalid value: \"proxy\": egress selector must be either controlplane or cluster",
        "[coracle, other]|[]|jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences"
            + " is required",
        "audienceMatchPolicy: MatchAny|certificateAuthority: no|jwt[0].issuer.audienceMatchPolicy",
        "MatchAny|MatchAll|jwt[0].issuer.audienceMatchPolicy: Invalid value: \"MatchAll\":"
            + " audienceMatchPolicy must be MatchAny for multiple audiences",
        "audiences:|audience:|jwt[0].issuer.audience: unknown field; expected audienceMatchPolicy",
        "requiredValue: one|message: no|jwt[0].claimValidationRules[0].message: Invalid value:"
            + " \"no\": may not be specified when claim is set",
        "claims.exp -|claim.exp -|jwt[0].claimValidationRules[1].expression: Invalid value",
        "<= 3600|+ 1|jwt[0].claimValidationRules[1].expression: Invalid value",
        ", prefix: \"\"|, x: 1|jwt[0].claimMappings.groups.x: unknown field",
        ", prefix: \"\"|``|jwt[0].claimMappings.groups.prefix: Required value: prefix is"
            + " required when claim is set. It can be set to an empty string to disable prefixing",
        "claims.sub|claims.email|jwt[0].claimMappings.username.expression: Invalid value",
        "{expression: '\"x:\" + claims.sub'}|{}|jwt[0].claimMappings.username: Required value",
        "example.org/team|team|jwt[0].claimMappings.extra[0].key: Invalid value: \"team\"",
        "example.org/team|a.k8s.io/team|jwt[0].claimMappings.extra[0].key: Invalid value",
        "user.username|user.name|jwt[0].userValidationRules[0].expression: Invalid value",
        "enabled: true|enabled: false|anonymous.conditions: Invalid value",
        "enabled: true|enabled: 1|anonymous.enabled: Invalid value: 1: must be true or false",
      })
  void whatIsWrongIsNamedWithItsPlace(String what, String with, String words) {
    assertThat(RIGHT).contains(what);
    String wrong = RIGHT.replace(what, with == null ? "" : with);
    assertThatThrownBy(() -> parse(wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(words);
  }
}
