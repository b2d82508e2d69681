package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.OidcOptions;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.Expression;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An issuer of JSON Web Tokens, and how a token of it becomes a user.
 *
 * @param url the {@code iss} of its tokens
 * @param discovery where its OpenID configuration is
 * @param audiences one of which a token must be for
 * @param algorithms how tokens may be signed
 */
public record JwtIssuer(
    String url,
    URI discovery,
    List<String> audiences,
    List<String> algorithms,
    List<ClaimRule> claimRules,
    Mappings mappings,
    List<UserRule> userRules) {

  /** All that {@link WebKey} can check. */
  public static final List<String> ALGORITHMS =
      List.of("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512")
          .stream()
          .filter(WebKey::knows)
          .toList();

  /** By property of the user. */
  public record Mappings(
      ClaimSource username, ClaimSource groups, ClaimSource uid, List<Extra> extra) {

    public Mappings {
      extra = List.copyOf(extra);
    }
  }

  public record Extra(String key, Expression value) {}

  /** An expression over {@code user} that must be true. */
  public record UserRule(Expression expression, String message) {}

  public JwtIssuer {
    audiences = List.copyOf(audiences);
    algorithms = List.copyOf(algorithms);
    claimRules = List.copyOf(claimRules);
    userRules = List.copyOf(userRules);
  }

  /** Where an issuer says what its keys are, unless told otherwise. */
  public static URI discovery(String url) {
    return URI.create(url.replaceAll("/$", "") + "/.well-known/openid-configuration");
  }

  /**
   * The issuer that flags name.
   *
   * @throws IllegalStateException with words for the user, when the options do not fit together
   */
  public static JwtIssuer of(OidcOptions options) {
    if (!options.issuerUrl().startsWith("https://")) {
      throw new IllegalStateException("--oidc-issuer-url must begin with https://");
    }
    if (options.clientId().isEmpty()) {
      throw new IllegalStateException("--oidc-issuer-url needs --oidc-client-id");
    }
    for (String algorithm : options.signingAlgorithms()) {
      if (!WebKey.knows(algorithm)) {
        throw new IllegalStateException("--oidc-signing-algs: unknown algorithm " + algorithm);
      }
    }
    List<ClaimRule> rules = new ArrayList<>();
    options.requiredClaims().forEach((k, v) -> rules.add(new ClaimRule.Required(k, v)));
    String prefix =
        switch (options.usernamePrefix()) {
          case "-" -> "";
          case "" -> options.usernameClaim().equals("email") ? "" : options.issuerUrl() + "#";
          default -> options.usernamePrefix();
        };
    ClaimSource groups =
        options.groupsClaim().isEmpty()
            ? ClaimSource.NOTHING
            : new ClaimSource.Claim(options.groupsClaim(), options.groupsPrefix());
    return new JwtIssuer(
        options.issuerUrl(),
        discovery(options.issuerUrl()),
        List.of(options.clientId()),
        options.signingAlgorithms(),
        rules,
        new Mappings(
            new ClaimSource.Claim(options.usernameClaim(), prefix),
            groups,
            ClaimSource.NOTHING,
            List.of()),
        List.of());
  }

  /**
   * @throws TokenRefused
   * @throws dev.coracle.cel.CelFailure when an expression has no value
   */
  UserInfo user(JsonNode tree) {
    TokenClaims claims = new TokenClaims(tree);
    claimRules.forEach(rule -> ClaimRule.check(rule, claims));
    if (mappings.username instanceof ClaimSource.Claim(String name, String _)
        && name.equals("email")
        && tree.has("email_verified")
        && !tree.path("email_verified").asBoolean(false)) {
      throw new TokenRefused("the email address is not verified");
    }
    String username = ClaimSource.text(mappings.username, claims);
    if (username.isEmpty()) {
      throw new TokenRefused("the token names no user");
    }
    List<String> groups = new ArrayList<>(ClaimSource.texts(mappings.groups, claims));
    Map<String, List<String>> extra = new TreeMap<>();
    for (Extra e : mappings.extra) {
      List<String> values = claims.texts(e.value);
      if (!values.isEmpty()) {
        extra.put(e.key, values);
      }
    }
    UserInfo user = new UserInfo(username, ClaimSource.text(mappings.uid, claims), groups, extra);
    check(user, claims);
    if (!groups.contains(UserInfo.AUTHENTICATED)) {
      groups.add(UserInfo.AUTHENTICATED);
    }
    return new UserInfo(username, user.uid(), groups, extra);
  }

  private void check(UserInfo user, TokenClaims claims) {
    @Nullable Map<String, Object> variables = null;
    for (UserRule rule : userRules) {
      if (variables == null) {
        variables = Map.of("user", CelValues.of(tree(user)));
      }
      if (!rule.expression.test(variables, claims.budget())) {
        throw new TokenRefused(
            "validation expression '" + rule.expression.text() + "' failed: " + rule.message);
      }
    }
  }

  private static ObjectNode tree(UserInfo user) {
    ObjectNode out = Json.object().put("username", user.name()).put("uid", user.uid());
    user.groups().forEach(out.putArray("groups")::add);
    ObjectNode extra = out.putObject("extra");
    user.extra().forEach((k, values) -> values.forEach(extra.withArrayProperty(k)::add));
    return out;
  }
}
