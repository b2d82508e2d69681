package dev.coracle.apiserver.internal.structured;

import dev.coracle.apiserver.internal.authn.ClaimRule;
import dev.coracle.apiserver.internal.authn.ClaimSource;
import dev.coracle.apiserver.internal.authn.JwtIssuer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** {@code claimValidationRules} and {@code claimMappings} of an issuer. */
final class ClaimFields {

  private static final Pattern KEY =
      Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+");

  private ClaimFields() {}

  static List<ClaimRule> rules(Field jwt) {
    List<ClaimRule> out = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Field rule : jwt.list("claimValidationRules")) {
      rule.only("claim", "requiredValue", "expression", "message");
      String what = claimOrExpression(rule, true);
      if (!seen.add(what + "=" + rule.text(what))) {
        throw rule.child(what).error("Duplicate value: \"" + rule.text(what) + "\"");
      }
      if (what.equals("claim")) {
        if (!rule.text("message").isEmpty()) {
          throw rule.child("message")
              .error(
                  "Invalid value: \""
                      + rule.text("message")
                      + "\": may not be specified when claim is set");
        }
        out.add(new ClaimRule.Required(rule.text("claim"), rule.text("requiredValue")));
      } else {
        if (!rule.text("requiredValue").isEmpty()) {
          throw rule.child("requiredValue")
              .error(
                  "Invalid value: \""
                      + rule.text("requiredValue")
                      + "\": may not be specified when expression is set");
        }
        out.add(
            new ClaimRule.Holds(Expressions.claimRule(rule, "expression"), rule.text("message")));
      }
    }
    return out;
  }

  static JwtIssuer.Mappings mappings(Field field) {
    field.only("username", "groups", "uid", "extra");
    Field username = field.child("username");
    claimOrExpression(username, true);
    return new JwtIssuer.Mappings(
        prefixed(username, false),
        prefixed(field.child("groups"), true),
        uid(field.child("uid")),
        extra(field));
  }

  /** Which of the two is there; empty for neither. */
  private static String claimOrExpression(Field field, boolean required) {
    boolean claim = !field.text("claim").isEmpty();
    boolean expression = !field.text("expression").isEmpty();
    if (claim && expression) {
      throw field.error("Invalid value: \"\": claim and expression can't both be set");
    }
    if (!claim && !expression && required) {
      throw field.error("Required value: claim or expression is required");
    }
    return claim ? "claim" : expression ? "expression" : "";
  }

  private static ClaimSource prefixed(Field field, boolean many) {
    field.only("claim", "prefix", "expression");
    return switch (claimOrExpression(field, false)) {
      case "claim" -> {
        if (!field.has("prefix")) {
          throw field
              .child("prefix")
              .error(
                  "Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing");
        }
        yield new ClaimSource.Claim(field.text("claim"), field.text("prefix"));
      }
      case "expression" -> {
        if (field.has("prefix")) {
          throw field
              .child("prefix")
              .error(
                  "Invalid value: \""
                      + field.text("prefix")
                      + "\": may not be specified when expression is set");
        }
        yield new ClaimSource.Computed(
            many
                ? Expressions.claimTexts(field, "expression")
                : Expressions.claimText(field, "expression"));
      }
      default -> ClaimSource.NOTHING;
    };
  }

  private static ClaimSource uid(Field field) {
    field.only("claim", "expression");
    return switch (claimOrExpression(field, false)) {
      case "claim" -> new ClaimSource.Claim(field.text("claim"), "");
      case "expression" -> new ClaimSource.Computed(Expressions.claimText(field, "expression"));
      default -> ClaimSource.NOTHING;
    };
  }

  private static List<JwtIssuer.Extra> extra(Field mappings) {
    List<JwtIssuer.Extra> out = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Field extra : mappings.list("extra")) {
      extra.only("key", "valueExpression");
      String key = extra.required("key");
      Field at = extra.child("key");
      if (!key.equals(key.toLowerCase(Locale.ROOT))) {
        throw at.error("Invalid value: \"" + key + "\": must be lowercase");
      }
      if (!KEY.matcher(key).matches()) {
        throw at.error(
            "Invalid value: \"" + key + "\": must be a domain-prefixed path, such as a.example/b");
      }
      String domain = "." + key.substring(0, key.indexOf('/'));
      if (domain.endsWith(".k8s.io") || domain.endsWith(".kubernetes.io")) {
        throw at.error(
            "Invalid value: \""
                + key
                + "\": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
      }
      if (!seen.add(key)) {
        throw at.error("Duplicate value: \"" + key + "\"");
      }
      out.add(new JwtIssuer.Extra(key, Expressions.claimTexts(extra, "valueExpression")));
    }
    return out;
  }
}
