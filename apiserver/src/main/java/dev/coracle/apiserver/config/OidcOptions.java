package dev.coracle.apiserver.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An OpenID Connect issuer whose ID tokens are accepted (Kubernetes docs, "OpenID Connect Tokens").
 *
 * @param issuerUrl https; empty: none
 * @param clientId must be among a token's audiences
 * @param usernameClaim {@code sub} by default
 * @param usernamePrefix empty: the issuer and {@code #}, unless the claim is {@code email}; {@code
 *     -}: none
 * @param groupsClaim empty: tokens give no groups
 * @param requiredClaims with these values
 * @param caFile of the issuer; null: those the JVM trusts
 * @param signingAlgorithms {@code RS256} by default
 */
public record OidcOptions(
    String issuerUrl,
    String clientId,
    String usernameClaim,
    String usernamePrefix,
    String groupsClaim,
    String groupsPrefix,
    Map<String, String> requiredClaims,
    @Nullable Path caFile,
    List<String> signingAlgorithms) {

  public static final OidcOptions NONE =
      new OidcOptions("", "", "sub", "", "", "", Map.of(), null, List.of("RS256"));

  public OidcOptions {
    requiredClaims = Map.copyOf(requiredClaims);
    signingAlgorithms = List.copyOf(signingAlgorithms);
  }

  public boolean enabled() {
    return !issuerUrl.isEmpty();
  }
}
