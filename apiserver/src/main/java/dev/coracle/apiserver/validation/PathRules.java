package dev.coracle.apiserver.validation;

import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.regex.Pattern;

/** Names of controllers: a domain, and a path in it. */
final class PathRules {

  private static final Pattern PATH = Pattern.compile("[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+");

  private PathRules() {}

  static void domainPrefixed(String text, FieldPath path, String child, FieldErrors errors) {
    if (text.isEmpty()) {
      errors.required(path, child);
      return;
    }
    int slash = text.indexOf('/');
    if (slash <= 0 || slash == text.length() - 1) {
      errors.invalid(path, child, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
      return;
    }
    String host = text.substring(0, slash);
    errors.invalid(path, child, host, NameRules.dnsSubdomain(host));
    String rest = text.substring(slash + 1);
    if (!PATH.matcher(rest).matches()) {
      errors.invalid(
          path,
          child,
          rest,
          "Invalid path (regex used for validation is '" + PATH.pattern() + "')");
    }
  }
}
