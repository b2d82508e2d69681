package dev.coracle.apiserver.internal.impersonation;

import dev.coracle.api.GoQuote;
import dev.coracle.api.StatusException;
import dev.coracle.api.validation.NameRules;
import io.vertx.core.MultiMap;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Whom a request's headers ask to act as.
 *
 * @param extra by key; as the headers have it, so checked by nobody
 */
public record WantedUser(
    String name, String uid, List<String> groups, Map<String, List<String>> extra) {

  private static final String PREFIX = "impersonate-";
  private static final String EXTRA = "impersonate-extra-";
  private static final String NODE = "system:node:";
  private static final String ACCOUNT = "system:serviceaccount:";

  /** A service account by its parts. */
  record Account(String namespace, String name) {}

  /**
   * Empty where nobody is asked for, as in most requests.
   *
   * @throws StatusException {@code BadRequest} where something of a user is asked for and no user
   */
  public static Optional<WantedUser> of(MultiMap headers) {
    if (!asks(headers)) {
      return Optional.empty();
    }
    Map<String, List<String>> extra = new TreeMap<>();
    for (var header : headers) {
      String key = header.getKey().toLowerCase(Locale.ROOT);
      if (key.startsWith(EXTRA)) {
        extra
            .computeIfAbsent(decoded(key.substring(EXTRA.length())), _ -> new ArrayList<>())
            .add(header.getValue());
      }
    }
    WantedUser wanted =
        new WantedUser(
            Objects.requireNonNullElse(headers.get("Impersonate-User"), ""),
            Objects.requireNonNullElse(headers.get("Impersonate-Uid"), ""),
            List.copyOf(headers.getAll("Impersonate-Group")),
            extra);
    if (!wanted.name.isEmpty()) {
      return Optional.of(wanted);
    }
    if (wanted.isOnlyName()) {
      return Optional.empty();
    }
    throw StatusException.badRequest(
        "requested " + wanted.inGo() + " without impersonating a user name");
  }

  /** Every request comes by here, and hardly any asks. */
  private static boolean asks(MultiMap headers) {
    for (var header : headers) {
      if (header.getKey().regionMatches(true, 0, PREFIX, 0, PREFIX.length())) {
        return true;
      }
    }
    return false;
  }

  /** As upstream reads it: percent escapes, or the text itself where they are malformed. */
  private static String decoded(String key) {
    try {
      return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return key;
    }
  }

  private String inGo() {
    String more =
        extra.isEmpty()
            ? "(nil)"
            : extra.entrySet().stream()
                .map(e -> GoQuote.of(e.getKey()) + ":" + strings(e.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
    return "&user.DefaultInfo{Name:\"\", UID:"
        + GoQuote.of(uid)
        + ", Groups:"
        + (groups.isEmpty() ? "[]string(nil)" : strings(groups))
        + ", Extra:map[string][]string"
        + more
        + "}";
  }

  private static String strings(List<String> texts) {
    return texts.stream().map(GoQuote::of).collect(Collectors.joining(", ", "[]string{", "}"));
  }

  boolean isOnlyName() {
    return uid.isEmpty() && groups.isEmpty() && extra.isEmpty();
  }

  /** The node of this name, empty for other users. */
  Optional<String> node() {
    String node = name.startsWith(NODE) ? name.substring(NODE.length()) : "";
    return node.isEmpty() || !NameRules.dnsSubdomain(node).isEmpty()
        ? Optional.empty()
        : Optional.of(node);
  }

  Optional<Account> account() {
    return account(name);
  }

  static Optional<Account> account(String user) {
    String[] parts =
        user.startsWith(ACCOUNT) ? user.substring(ACCOUNT.length()).split(":", -1) : new String[0];
    boolean names =
        parts.length == 2
            && NameRules.dnsLabel(parts[0]).isEmpty()
            && NameRules.dnsSubdomain(parts[1]).isEmpty();
    return names ? Optional.of(new Account(parts[0], parts[1])) : Optional.empty();
  }
}
