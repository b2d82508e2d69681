package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.net.RequestUri;
import dev.coracle.api.validation.Formats;
import dev.coracle.api.validation.NameRules;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Kubernetes' own forms of names and other texts: {@code
 * !format.dns1123Label().validate(self.name).hasValue()}; what {@code validate} gives is the list
 * of what is wrong.
 */
final class FormatLibrary {

  private static final CelType FORMAT = OpaqueType.create("kubernetes.NamedFormat");

  /** One form of texts; an empty list means that all is well. */
  record Format(String name, Function<String, List<String>> problems) {}

  private static final Map<String, Format> ALL = new TreeMap<>();

  static {
    add("dns1123Label", NameRules::dnsLabel);
    add("dns1123Subdomain", NameRules::dnsSubdomain);
    add("dns1035Label", NameRules::dns1035);
    add("qualifiedName", NameRules::qualifiedName);
    add("dns1123LabelPrefix", text -> NameRules.dnsLabel(prefix(text)));
    add("dns1123SubdomainPrefix", text -> NameRules.dnsSubdomain(prefix(text)));
    add("dns1035LabelPrefix", text -> NameRules.dns1035(prefix(text)));
    add("labelValue", NameRules::labelValue);
    add("uri", FormatLibrary::uri);
    add("uuid", text -> when(Formats.accepts("uuid", text), "does not match the UUID format"));
    add("byte", text -> when(isBase64(text), "invalid base64"));
    add("date", text -> when(Formats.accepts("date", text), "invalid date"));
    add("datetime", text -> when(parses(() -> OffsetDateTime.parse(text)), "invalid datetime"));
  }

  private FormatLibrary() {}

  private static void add(String name, Function<String, List<String>> problems) {
    ALL.put(name, new Format(name, problems));
  }

  static void addTo(Libraries libraries) {
    CelType text = SimpleType.STRING;
    libraries.global(
        "format.named",
        "format-named",
        OptionalType.create(FORMAT),
        text,
        String.class,
        name -> Optional.ofNullable(ALL.get(name)));
    for (String name : ALL.keySet()) {
      String function = "format." + name;
      libraries.global(function, function, FORMAT, List.of(), List.of(), args -> named(name));
    }
    libraries.member(
        "validate",
        "format-validate",
        OptionalType.create(ListType.create(text)),
        FORMAT,
        text,
        Format.class,
        String.class,
        (format, value) -> {
          List<String> problems = format.problems().apply(value);
          return problems.isEmpty() ? Optional.empty() : Optional.of(problems);
        });
  }

  private static Format named(String name) {
    return Objects.requireNonNull(ALL.get(name));
  }

  /** What stands before a generated suffix may end in a dash. */
  private static String prefix(String text) {
    return text.length() > 1 && text.endsWith("-")
        ? text.substring(0, text.length() - 1) + "a"
        : text;
  }

  private static List<String> uri(String text) {
    try {
      RequestUri.parse(text);
      return List.of();
    } catch (IllegalArgumentException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> when(boolean good, String otherwise) {
    return good ? List.of() : List.of(otherwise);
  }

  private static boolean isBase64(String text) {
    try {
      Base64.getDecoder().decode(text);
      return text.length() % 4 == 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean parses(Runnable parse) {
    try {
      parse.run();
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }
}
