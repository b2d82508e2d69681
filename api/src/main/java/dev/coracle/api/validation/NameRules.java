package dev.coracle.api.validation;

import dev.coracle.api.selector.LabelSyntax;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The forms of names, each answering with upstream's messages, none where the text is good
 * (Kubernetes docs, "Object Names and IDs").
 */
public final class NameRules {

  private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final String QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

  private static final String LABEL_MESSAGE =
      regex(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
              + " must start and end with an alphanumeric character",
          LABEL,
          "my-name",
          "123-abc");
  private static final String SUBDOMAIN_MESSAGE =
      regex(
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
              + " '.', and must start and end with an alphanumeric character",
          LABEL + "(\\." + LABEL + ")*",
          "example.com");
  private static final String UNDERSCORE_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
  private static final Pattern UNDERSCORE_SUBDOMAIN =
      Pattern.compile(UNDERSCORE_LABEL + "(\\." + UNDERSCORE_LABEL + ")*");
  private static final String UNDERSCORE_MESSAGE =
      regex(
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_',"
              + " '-' or '.', and must start and end with an alphanumeric character",
          UNDERSCORE_SUBDOMAIN.pattern(),
          "example.com");
  private static final String DNS_1035_MESSAGE =
      regex(
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
              + " alphabetic character, and end with an alphanumeric character",
          "[a-z]([-a-z0-9]*[a-z0-9])?",
          "my-name",
          "abc-123");
  private static final String QUALIFIED_MESSAGE =
      regex(
          "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
              + " alphanumeric character",
          QUALIFIED,
          "MyName",
          "my.name",
          "123-abc");
  private static final String LABEL_VALUE_MESSAGE =
      regex(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or"
              + " '.', and must start and end with an alphanumeric character",
          "(" + QUALIFIED + ")?",
          "MyValue",
          "my_value",
          "12345");
  private static final String CONFIG_KEY_MESSAGE =
      regex(
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
          "[-._a-zA-Z0-9]+",
          "key.name",
          "KEY_NAME",
          "key-name");

  private static final String C_IDENTIFIER_MESSAGE =
      regex(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of"
              + " alphanumeric characters or '_'",
          "[A-Za-z_][A-Za-z0-9_]*",
          "my_name",
          "MY_NAME",
          "MyName");
  private static final String CONDITION_REASON_MESSAGE =
      regex(
          "a condition reason must start with alphabetic character, optionally followed by a string"
              + " of alphanumeric characters or '_,:', and must end with an alphanumeric character"
              + " or '_'",
          "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
          "my_name",
          "MY_NAME",
          "MyName",
          "ReasonA,ReasonB",
          "ReasonA:ReasonB");

  private static final Pattern HTTP_HEADER = Pattern.compile("[-A-Za-z0-9]+");
  private static final String HTTP_HEADER_MESSAGE =
      regex(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          HTTP_HEADER.pattern(),
          "X-Header-Name");

  private NameRules() {}

  private static String regex(String message, String form, String... examples) {
    StringBuilder out = new StringBuilder(message).append(" (e.g. ");
    for (int i = 0; i < examples.length; i++) {
      out.append(i > 0 ? " or " : "").append('\'').append(examples[i]).append("', ");
    }
    return out.append("regex used for validation is '").append(form).append("')").toString();
  }

  /** Upstream counts bytes in any case, and says so of labels alone. */
  private static String tooLong(int max, String unit) {
    return "must be no more than " + max + " " + unit;
  }

  /** At most 63 lower case letters, digits and inner hyphens. */
  public static List<String> dnsLabel(String name) {
    if (LabelSyntax.isDnsLabel(name)) {
      return List.of();
    }
    if (LabelSyntax.isDnsSubdomainOfAnyLength(name)) {
      return sized(name, 63, name.indexOf('.') < 0 ? "" : "must not contain dots");
    }
    return sized(name, 63, isDnsLabelForm(name) ? "" : LABEL_MESSAGE);
  }

  private static boolean isDnsLabelForm(String name) {
    return name.indexOf('.') < 0 && LabelSyntax.isDnsSubdomainOfAnyLength(name);
  }

  /** Lower case labels joined by dots, at most 253 characters. */
  public static List<String> dnsSubdomain(String name) {
    return subdomain(name, "characters");
  }

  private static List<String> subdomain(String name, String unit) {
    if (LabelSyntax.isDnsSubdomain(name)) {
      return List.of();
    }
    boolean form = LabelSyntax.isDnsSubdomainOfAnyLength(name);
    return sized(name, 253, unit, form ? "" : SUBDOMAIN_MESSAGE);
  }

  /** A domain to search in, whose labels may begin with an underscore or have some inside. */
  public static List<String> dnsSubdomainWithUnderscores(String name) {
    boolean form = name.length() > 253 || UNDERSCORE_SUBDOMAIN.matcher(name).matches();
    return sized(name, 253, form ? "" : UNDERSCORE_MESSAGE);
  }

  /** As a DNS label, but beginning with a letter. */
  public static List<String> dns1035(String name) {
    boolean letter = !name.isEmpty() && name.charAt(0) >= 'a' && name.charAt(0) <= 'z';
    if (letter && LabelSyntax.isDnsLabel(name)) {
      return List.of();
    }
    return sized(name, 63, letter && isDnsLabelForm(name) ? "" : DNS_1035_MESSAGE);
  }

  private static int bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length;
  }

  private static List<String> sized(String name, int max, String message) {
    return sized(name, max, "characters", message);
  }

  private static List<String> sized(String name, int max, String unit, String message) {
    List<String> out = new ArrayList<>(2);
    if (bytes(name) > max) {
      out.add(tooLong(max, unit));
    }
    if (!message.isEmpty()) {
      out.add(message);
    }
    return out;
  }

  /** A name that is one part of a URL path. */
  public static List<String> pathSegment(String name) {
    if (name.equals(".") || name.equals("..")) {
      return List.of("may not be '" + name + "'");
    }
    List<String> out = new ArrayList<>(0);
    for (String c : new String[] {"/", "%"}) {
      if (name.contains(c)) {
        out.add("may not contain '" + c + "'");
      }
    }
    return out;
  }

  /** A label key: an optional DNS subdomain and a slash, then a name of at most 63 characters. */
  public static List<String> qualifiedName(String key) {
    if (LabelSyntax.isQualifiedName(key)) {
      return List.of();
    }
    List<String> out = new ArrayList<>();
    int slash = key.indexOf('/');
    if (slash != key.lastIndexOf('/')) {
      out.add(
          "a valid label key "
              + QUALIFIED_MESSAGE
              + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return out;
    }
    if (slash >= 0) {
      String prefix = key.substring(0, slash);
      if (prefix.isEmpty()) {
        out.add("prefix part must be non-empty");
      } else {
        subdomain(prefix, "bytes").forEach(m -> out.add("prefix part " + m));
      }
    }
    String name = key.substring(slash + 1);
    if (name.isEmpty()) {
      out.add("name part must be non-empty");
    } else if (bytes(name) > 63) {
      out.add("name part " + tooLong(63, "bytes"));
    }
    if (!LabelSyntax.isNameOfAnyLength(name)) {
      out.add("name part " + QUALIFIED_MESSAGE);
    }
    return out;
  }

  public static List<String> labelValue(String value) {
    if (LabelSyntax.isLabelValue(value)) {
      return List.of();
    }
    boolean form = LabelSyntax.isNameOfAnyLength(value);
    return sized(value, 63, "bytes", form ? "" : LABEL_VALUE_MESSAGE);
  }

  /** A key of a ConfigMap or Secret. */
  public static List<String> configKey(String key) {
    List<String> out = new ArrayList<>(0);
    if (bytes(key) > 253) {
      out.add(tooLong(253, "characters"));
    }
    boolean good = !key.isEmpty();
    for (int i = 0; good && i < key.length(); i++) {
      char c = key.charAt(i);
      good =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '-'
              || c == '_'
              || c == '.';
    }
    if (!good) {
      out.add(CONFIG_KEY_MESSAGE);
    }
    if (key.equals(".") || key.equals("..")) {
      out.add("must not be '" + key + "'");
    } else if (key.startsWith("..")) {
      out.add("must not start with '..'");
    }
    return out;
  }

  public static List<String> envName(String name) {
    if (name.isEmpty()) {
      return List.of("environment variable name must be non-empty");
    }
    boolean good = true;
    for (int i = 0; good && i < name.length(); i++) {
      char c = name.charAt(i);
      good = c >= 0x20 && c <= 0x7e && c != '=';
    }
    return good
        ? List.of()
        : List.of(
            "a valid environment variable name must consist only of printable ASCII characters other"
                + " than '='");
  }

  /** Letters, digits and underscores, with no digit in front. */
  public static List<String> cIdentifier(String name) {
    boolean good = !name.isEmpty() && !isDigit(name.charAt(0));
    for (int i = 0; good && i < name.length(); i++) {
      good = isWord(name.charAt(i));
    }
    return good ? List.of() : List.of(C_IDENTIFIER_MESSAGE);
  }

  /** The reason of a condition. */
  public static List<String> conditionReason(String reason) {
    int last = reason.length() - 1;
    boolean good =
        last >= 0
            && isWord(reason.charAt(0))
            && !isDigit(reason.charAt(0))
            && reason.charAt(0) != '_'
            && isWord(reason.charAt(last));
    for (int i = 0; good && i < last; i++) {
      char c = reason.charAt(i);
      good = isWord(c) || c == ',' || c == ':';
    }
    return good ? List.of() : List.of(CONDITION_REASON_MESSAGE);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWord(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_';
  }

  /** The name of a header of HTTP, as Go's library takes it. */
  public static List<String> httpHeader(String name) {
    return HTTP_HEADER.matcher(name).matches() ? List.of() : List.of(HTTP_HEADER_MESSAGE);
  }

  /** An IANA service name: at most 15 lower case letters, digits and single inner hyphens. */
  public static List<String> portName(String name) {
    List<String> out = new ArrayList<>(0);
    if (bytes(name) > 15) {
      out.add(tooLong(15, "characters"));
    }
    boolean letters = false;
    boolean good = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z';
      letters |= letter;
      good &= letter || c >= '0' && c <= '9' || c == '-';
    }
    if (!good) {
      out.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (!letters) {
      out.add("must contain at least one letter (a-z)");
    }
    if (name.contains("--")) {
      out.add("must not contain consecutive hyphens");
    }
    if (!name.isEmpty() && (name.startsWith("-") || name.endsWith("-"))) {
      out.add("must not begin or end with a hyphen");
    }
    return out;
  }
}
