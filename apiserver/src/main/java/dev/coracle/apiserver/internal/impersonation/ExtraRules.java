package dev.coracle.apiserver.internal.impersonation;

import dev.coracle.api.GoQuote;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which extra fields of a user may be asked for at all in the constrained modes. */
final class ExtraRules {

  private static final Pattern PATH = Pattern.compile("[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+");

  private ExtraRules() {}

  static Optional<String> problem(Map<String, List<String>> extra) {
    for (Map.Entry<String, List<String>> entry : extra.entrySet()) {
      String key = entry.getKey();
      if (key.isEmpty()) {
        return refused("the empty string key in extra is not allowed");
      }
      Optional<String> invalid = invalid(key);
      if (invalid.isPresent()) {
        return refused("an invalid key in extra is not allowed: extra.key: " + invalid.get());
      }
      if (!key.equals(key.toLowerCase(Locale.ROOT))) {
        return refused("a non-lowercase key in extra is not allowed: " + GoQuote.of(key));
      }
      if (entry.getValue().contains("")) {
        return refused("the empty string value in extra is not allowed");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> refused(String what) {
    return Optional.of("impersonating " + what);
  }

  /** A key is a domain and a path in it. */
  private static Optional<String> invalid(String key) {
    int slash = key.indexOf('/');
    if (slash <= 0 || slash == key.length() - 1) {
      return value(key, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    }
    List<String> host = NameRules.dnsSubdomain(key.substring(0, slash));
    if (!host.isEmpty()) {
      return value(key.substring(0, slash), host.getFirst());
    }
    String path = key.substring(slash + 1);
    return PATH.matcher(path).matches()
        ? Optional.empty()
        : value(path, "Invalid path (regex used for validation is '" + PATH + "')");
  }

  private static Optional<String> value(String value, String why) {
    return Optional.of("Invalid value: " + GoQuote.of(value) + ": " + why);
  }
}
