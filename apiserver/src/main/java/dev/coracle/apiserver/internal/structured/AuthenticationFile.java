package dev.coracle.apiserver.internal.structured;

import dev.coracle.apiserver.internal.authn.JwtIssuer;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An AuthenticationConfiguration (Kubernetes docs, "Using Authentication Configuration"), read and
 * compiled.
 */
record AuthenticationFile(List<Issuer> issuers, Anonymous anonymous) {

  static final String KIND = "AuthenticationConfiguration";
  private static final int MOST_ISSUERS = 64;
  private static final Pattern EMAIL = Pattern.compile("claims\\s*\\.\\s*\\??email\\b");
  private static final Pattern VERIFIED = Pattern.compile("claims\\s*\\.\\s*\\??email_verified\\b");

  /**
   * @param authorities PEM; empty: those the JVM trusts
   */
  record Issuer(JwtIssuer issuer, String authorities) {}

  /**
   * Whether requests without credentials are let in.
   *
   * @param paths the only ones, where there are any
   */
  record Anonymous(boolean enabled, List<String> paths) {

    static final Anonymous EVERYWHERE = new Anonymous(true, List.of());
    static final Anonymous NOWHERE = new Anonymous(false, List.of());

    boolean at(String path) {
      return enabled && (paths.isEmpty() || paths.contains(path));
    }
  }

  /**
   * @param own the issuer of service account tokens, which no other may be
   * @param anonymousFlag what {@code --anonymous-auth} says; null where it is not given
   * @throws IllegalArgumentException naming the field and what is expected
   */
  static AuthenticationFile parse(byte[] yaml, String own, @Nullable Boolean anonymousFlag) {
    Field root = ConfigFile.parse(yaml, KIND).only("apiVersion", "kind", "jwt", "anonymous");
    List<Issuer> issuers = new ArrayList<>();
    Seen seen = new Seen(own, new HashSet<>(), new HashSet<>());
    List<Field> all = root.list("jwt");
    if (all.size() > MOST_ISSUERS) {
      throw root.child("jwt")
          .error("Too many: " + all.size() + ": must have at most " + MOST_ISSUERS + " items");
    }
    for (Field jwt : all) {
      issuers.add(issuer(jwt, seen));
    }
    return new AuthenticationFile(
        List.copyOf(issuers), anonymous(root.child("anonymous"), anonymousFlag));
  }

  /**
   * Addresses that stand further up in the file.
   *
   * @param own the issuer of service account tokens
   */
  private record Seen(String own, Set<String> issuers, Set<String> discovery) {}

  private static Anonymous anonymous(Field field, @Nullable Boolean flag) {
    if (!field.given()) {
      return Boolean.FALSE.equals(flag) ? Anonymous.NOWHERE : Anonymous.EVERYWHERE;
    }
    if (flag != null) {
      throw new IllegalArgumentException(
          "--anonymous-auth flag cannot be set when anonymous field is configured in"
              + " authentication configuration file");
    }
    field.only("enabled", "conditions");
    boolean enabled = field.flag("enabled", false);
    List<String> paths = new ArrayList<>();
    for (Field condition : field.list("conditions")) {
      paths.add(condition.only("path").required("path"));
    }
    if (!enabled && !paths.isEmpty()) {
      throw field
          .child("conditions")
          .error("Invalid value: enabled should be set to true when conditions are defined");
    }
    return new Anonymous(enabled, List.copyOf(paths));
  }

  private static Issuer issuer(Field jwt, Seen seen) {
    jwt.only("issuer", "claimValidationRules", "claimMappings", "userValidationRules");
    Field issuer =
        jwt.child("issuer")
            .only(
                "url",
                "discoveryURL",
                "certificateAuthority",
                "audiences",
                "audienceMatchPolicy",
                "egressSelectorType");
    String url = issuerUrl(issuer, seen);
    URI discovery =
        issuer.text("discoveryURL").isEmpty()
            ? JwtIssuer.discovery(url)
            : discoveryUrl(issuer, url, seen);
    List<String> audiences = issuer.texts("audiences");
    if (audiences.isEmpty()) {
      throw issuer
          .child("audiences")
          .error(
              "Required value: at least one " + issuer.child("audiences").path() + " is required");
    }
    matchPolicy(issuer, audiences.size());
    egress(issuer);
    JwtIssuer made =
        new JwtIssuer(
            url,
            discovery,
            audiences,
            JwtIssuer.ALGORITHMS,
            ClaimFields.rules(jwt),
            ClaimFields.mappings(jwt.child("claimMappings")),
            userRules(jwt));
    verified(jwt);
    return new Issuer(made, Certificates.pem(issuer, "certificateAuthority"));
  }

  private static void matchPolicy(Field issuer, int audiences) {
    String policy = issuer.text("audienceMatchPolicy");
    if (!policy.equals("MatchAny") && (audiences > 1 || !policy.isEmpty())) {
      throw issuer
          .child("audienceMatchPolicy")
          .error(
              "Invalid value: \""
                  + policy
                  + "\": audienceMatchPolicy must be "
                  + (audiences > 1
                      ? "MatchAny for multiple audiences"
                      : "empty or MatchAny for single audience"));
    }
  }

  /** As with a server of upstream's that has no EgressSelectorConfiguration. */
  private static void egress(Field issuer) {
    String type = issuer.text("egressSelectorType");
    if (!type.isEmpty()) {
      throw issuer
          .child("egressSelectorType")
          .error(
              "Invalid value: \""
                  + type
                  + "\": "
                  + (type.equals("controlplane") || type.equals("cluster")
                      ? "egress lookup required with egress selector type (there are no egress"
                          + " selectors here; leave it out)"
                      : "egress selector must be either controlplane or cluster"));
    }
  }

  private static String issuerUrl(Field issuer, Seen seen) {
    String url = url(issuer, "url").toString();
    if (url.equals(seen.own)) {
      throw issuer
          .child("url")
          .error(
              "Invalid value: \""
                  + url
                  + "\": URL must not overlap with disallowed issuers: ["
                  + url
                  + "]");
    }
    if (!seen.issuers.add(url)) {
      throw issuer.child("url").error("Duplicate value: \"" + url + "\"");
    }
    return url;
  }

  private static URI discoveryUrl(Field issuer, String issuerUrl, Seen seen) {
    URI url = url(issuer, "discoveryURL");
    String text = url.toString();
    if (text.replaceAll("/+$", "").equals(issuerUrl.replaceAll("/+$", ""))) {
      throw issuer
          .child("discoveryURL")
          .error("Invalid value: \"" + text + "\": discoveryURL must be different from URL");
    }
    if (!seen.discovery.add(text)) {
      throw issuer.child("discoveryURL").error("Duplicate value: \"" + text + "\"");
    }
    return url;
  }

  private static URI url(Field issuer, String name) {
    String text = issuer.required(name);
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw issuer.child(name).error("Invalid value: \"" + text + "\": " + e.getReason());
    }
    if (!"https".equals(uri.getScheme()) || uri.getHost() == null) {
      throw issuer.child(name).error("Invalid value: \"" + text + "\": URL scheme must be https");
    }
    String more =
        uri.getRawUserInfo() != null
            ? "username or password"
            : uri.getRawQuery() != null ? "query" : uri.getFragment() != null ? "fragment" : "";
    if (!more.isEmpty()) {
      throw issuer
          .child(name)
          .error("Invalid value: \"" + text + "\": URL must not contain a " + more);
    }
    return uri;
  }

  private static List<JwtIssuer.UserRule> userRules(Field jwt) {
    List<JwtIssuer.UserRule> out = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Field rule : jwt.list("userValidationRules")) {
      rule.only("expression", "message");
      if (!seen.add(rule.required("expression"))) {
        throw rule.child("expression")
            .error("Duplicate value: \"" + rule.text("expression") + "\"");
      }
      out.add(
          new JwtIssuer.UserRule(Expressions.userRule(rule, "expression"), rule.text("message")));
    }
    return out;
  }

  /** An address nobody has verified must not become a name by oversight. */
  private static void verified(Field jwt) {
    Field username = jwt.child("claimMappings").child("username");
    if (!EMAIL.matcher(username.text("expression")).find()) {
      return;
    }
    boolean looked = VERIFIED.matcher(username.text("expression")).find();
    for (Field extra : jwt.child("claimMappings").list("extra")) {
      looked |= VERIFIED.matcher(extra.text("valueExpression")).find();
    }
    for (Field rule : jwt.list("claimValidationRules")) {
      looked |= VERIFIED.matcher(rule.text("expression")).find();
    }
    if (!looked) {
      throw username
          .child("expression")
          .error(
              "Invalid value: \""
                  + username.text("expression")
                  + "\": claims.email_verified must be used in claimMappings.username.expression or"
                  + " claimMappings.extra[*].valueExpression or"
                  + " claimValidationRules[*].expression when claims.email is used in"
                  + " claimMappings.username.expression");
    }
  }
}
