package dev.coracle.apiserver.internal.structured;

import dev.coracle.apiserver.internal.authn.JwtIssuer;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

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

    boolean at(String path) {
      return enabled && (paths.isEmpty() || paths.contains(path));
    }
  }

  /**
   * @param own the issuer of service account tokens, which no other may be
   * @throws IllegalArgumentException naming the field and what is expected
   */
  static AuthenticationFile parse(byte[] yaml, String own) {
    Field root = ConfigFile.parse(yaml, KIND).only("apiVersion", "kind", "jwt", "anonymous");
    List<Issuer> issuers = new ArrayList<>();
    Set<String> urls = new HashSet<>(Set.of(own));
    List<Field> all = root.list("jwt");
    if (all.size() > MOST_ISSUERS) {
      throw root.child("jwt").error("Too many: " + all.size() + ": at most " + MOST_ISSUERS);
    }
    for (Field jwt : all) {
      issuers.add(issuer(jwt, urls));
    }
    return new AuthenticationFile(List.copyOf(issuers), anonymous(root.child("anonymous")));
  }

  private static Anonymous anonymous(Field field) {
    if (!field.given()) {
      return Anonymous.EVERYWHERE;
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

  private static Issuer issuer(Field jwt, Set<String> urls) {
    jwt.only("issuer", "claimValidationRules", "claimMappings", "userValidationRules");
    Field issuer =
        jwt.child("issuer")
            .only(
                "url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy");
    String url = url(issuer, "url", urls).toString();
    URI discovery =
        issuer.has("discoveryURL") ? url(issuer, "discoveryURL", urls) : JwtIssuer.discovery(url);
    List<String> audiences = issuer.texts("audiences");
    if (audiences.isEmpty()) {
      throw issuer.child("audiences").error("Required value: at least one audience");
    }
    if (issuer.has("audienceMatchPolicy")) {
      issuer.oneOf("audienceMatchPolicy", "MatchAny");
    } else if (audiences.size() > 1) {
      throw issuer
          .child("audienceMatchPolicy")
          .error("Invalid value: \"\": must be MatchAny for multiple audiences");
    }
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

  private static URI url(Field issuer, String name, Set<String> urls) {
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
    if (uri.getRawUserInfo() != null || uri.getRawQuery() != null || uri.getFragment() != null) {
      throw issuer
          .child(name)
          .error("Invalid value: \"" + text + "\": must not have a user, a query or a fragment");
    }
    if (!urls.add(text)) {
      throw issuer.child(name).error("Duplicate value: \"" + text + "\"");
    }
    return uri;
  }

  private static List<JwtIssuer.UserRule> userRules(Field jwt) {
    List<JwtIssuer.UserRule> out = new ArrayList<>();
    for (Field rule : jwt.list("userValidationRules")) {
      rule.only("expression", "message");
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
