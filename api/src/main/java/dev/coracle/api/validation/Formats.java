package dev.coracle.api.validation;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.RequestUri;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The {@code format}s of texts that are held to (Kubernetes docs, "Extend the Kubernetes API with
 * CustomResourceDefinitions"; kube-openapi's strfmt). A format that is not among them is not looked
 * at. Names may have hyphens anywhere.
 */
public final class Formats {

  private static final String HEX = "[0-9a-fA-F]";
  private static final String UUID = HEX + "{8}-?" + HEX + "{4}-?";
  private static final String BYTE_VALUE = "\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*";
  private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x{80}-\\x{10FFFF}-]+";
  private static final String ADDRESS =
      "("
          + ATOM
          + "(\\."
          + ATOM
          + ")*|\"([^\"\\\\]|\\\\.)*\")@("
          + ATOM
          + "(\\."
          + ATOM
          + ")*|\\[[^\\[\\]]*\\])";
  private static final Predicate<String> CARD =
      all(
          "4\\d{12}(?:\\d{3})?|5[1-5]\\d{14}"
              + "|(?:222[1-9]|22[3-9]\\d|2[3-6]\\d\\d|27[01]\\d|2720)\\d{12}"
              + "|6(?:011|5\\d\\d)\\d{12}|3[47]\\d{13}|3(?:0[0-5]|[68]\\d)\\d{11}"
              + "|(?:2131|1800|35\\d{3})\\d{11}|6[27]\\d{14}");
  private static final String LETTER = "[a-zA-Z0-9\\p{S}\\p{L}]";

  private static final Pattern DAY_TIME =
      Pattern.compile("(\\d{2}):(\\d{2}):(\\d{2})(.\\d+)?(z|[+-]\\d{2}:\\d{2})");
  private static final Pattern GO_DURATION =
      Pattern.compile("[-+]?((\\d+(\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h))+|[-+]?0");
  private static final Pattern AMOUNT = Pattern.compile("(\\d+)\\s*([A-Za-zµ]+)");

  /** The last of each may be the beginning of a longer word. */
  private static final List<List<String>> UNITS =
      List.of(
          List.of("ns", "nano"),
          List.of("us", "µs", "micro"),
          List.of("ms", "milli"),
          List.of("s", "sec"),
          List.of("m", "min"),
          List.of("h", "hr", "hour"),
          List.of("d", "day"),
          List.of("w", "wk", "week"));

  private static final Map<String, Predicate<String>> BY_NAME =
      Map.ofEntries(
          Map.entry("bsonobjectid", all(HEX + "{24}")),
          Map.entry(
              "byte",
              all("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")),
          Map.entry("cidr", text -> Cidr.parse(text).isPresent()),
          Map.entry("creditcard", Formats::isCard),
          Map.entry("date", Formats::isDate),
          Map.entry("datetime", Formats::isDateTime),
          Map.entry("duration", Formats::isDuration),
          Map.entry("email", all(ADDRESS + "|[^<>@,;:\\\\]*<" + ADDRESS + ">")),
          Map.entry("hexcolor", all("#?(" + HEX + "{3}|" + HEX + "{6})")),
          Map.entry("hostname", Formats::isHostname),
          Map.entry("ipv4", text -> text.indexOf('.') >= 0 && Cidr.number(text).isPresent()),
          Map.entry("ipv6", text -> text.indexOf(':') >= 0 && Cidr.number(text).isPresent()),
          Map.entry("isbn", text -> isIsbn10(text) || isIsbn13(text)),
          Map.entry("isbn10", Formats::isIsbn10),
          Map.entry("isbn13", Formats::isIsbn13),
          Map.entry("k8slongname", text -> NameRules.dnsSubdomain(text).isEmpty()),
          Map.entry("k8sshortname", text -> NameRules.dnsLabel(text).isEmpty()),
          Map.entry("mac", all(octets(6) + "|" + octets(8) + "|" + octets(20))),
          Map.entry("password", _ -> true),
          Map.entry(
              "rgbcolor", all("rgb\\(" + BYTE_VALUE + "," + BYTE_VALUE + "," + BYTE_VALUE + "\\)")),
          Map.entry("ssn", all("\\d{3}[- ]\\d{2}[- ]\\d{4}")),
          Map.entry("uri", RequestUri::isValid),
          Map.entry("uuid", all(UUID + HEX + "{4}-?" + HEX + "{4}-?" + HEX + "{12}")),
          Map.entry("uuid3", all(UUID + "3" + HEX + "{3}-?" + HEX + "{4}-?" + HEX + "{12}")),
          Map.entry(
              "uuid4", all(UUID + "4" + HEX + "{3}-?[89abAB]" + HEX + "{3}-?" + HEX + "{12}")),
          Map.entry(
              "uuid5", all(UUID + "5" + HEX + "{3}-?[89abAB]" + HEX + "{3}-?" + HEX + "{12}")));

  private Formats() {}

  /** Whether texts are held to it. */
  public static boolean isKnown(String format) {
    return BY_NAME.containsKey(format.replace("-", ""));
  }

  /**
   * Whether values of a type are held to a format; upstream takes no notice of others.
   *
   * @param type empty where there is none, or more than one
   */
  public static boolean isKnown(String type, String format) {
    return switch (type) {
      case "", "string" -> isKnown(format);
      case "integer" -> format.equals("int32") || format.equals("int64");
      case "number" -> format.equals("float") || format.equals("double");
      default -> false;
    };
  }

  /** Whether a text has the format; any text has one that is not known. */
  public static boolean accepts(String format, String text) {
    Predicate<String> rule = BY_NAME.get(format.replace("-", ""));
    return rule == null || rule.test(text);
  }

  private static Predicate<String> all(String pattern) {
    return Pattern.compile(pattern)::matches;
  }

  /** As Go's net.ParseMAC reads them: all with colons, all with hyphens, or by fours with dots. */
  private static String octets(int count) {
    String pair = HEX + "{2}";
    String four = HEX + "{4}";
    return pair
        + "(:"
        + pair
        + "){"
        + (count - 1)
        + "}|"
        + pair
        + "(-"
        + pair
        + "){"
        + (count - 1)
        + "}|"
        + four
        + "(\\."
        + four
        + "){"
        + (count / 2 - 1)
        + "}";
  }

  private static boolean isDate(String text) {
    try {
      LocalDate.parse(text);
      return text.length() == "2006-01-02".length();
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private static boolean isDateTime(String text) {
    String[] parts = text.toLowerCase(Locale.ROOT).split("t", 3);
    if (parts.length < 2 || !isDate(parts[0])) {
      return false;
    }
    Matcher time = DAY_TIME.matcher(parts[1]);
    return time.matches()
        && time.group(1).compareTo("23") <= 0
        && time.group(2).compareTo("59") <= 0
        && time.group(3).compareTo("59") <= 0;
  }

  /** Go's durations, and whole numbers of further units anywhere in the text. */
  private static boolean isDuration(String text) {
    if (GO_DURATION.matcher(text).matches()) {
      return true;
    }
    boolean found = false;
    Matcher amount = AMOUNT.matcher(text);
    while (amount.find()) {
      if (amount.group(1).length() > 18) {
        return false;
      }
      String unit = amount.group(2).toLowerCase(Locale.ROOT);
      found |= UNITS.stream().anyMatch(u -> u.contains(unit) || unit.startsWith(u.getLast()));
    }
    return found;
  }

  private static boolean isHostname(String text) {
    return text.length() <= 255
        && HOSTNAME.test(text)
        && List.of(text.split("\\.")).stream().allMatch(label -> label.length() <= 63);
  }

  private static final Predicate<String> HOSTNAME =
      all(
          LETTER
              + "(-?"
              + LETTER
              + "{0,62})?|("
              + LETTER
              + "([a-zA-Z0-9\\p{S}\\p{L}-]{0,61}"
              + LETTER
              + ")?\\.)+[a-zA-Z\\p{L}]{2,63}");

  private static boolean isCard(String text) {
    String digits = text.replaceAll("\\D+", "");
    if (!CARD.test(digits)) {
      return false;
    }
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      int twice = 2 * digit;
      sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
    }
    return sum % 10 == 0;
  }

  private static boolean isIsbn10(String text) {
    String digits = text.replaceAll("[\\s-]+", "");
    if (!digits.matches("\\d{9}[0-9X]")) {
      return false;
    }
    int sum = 0;
    for (int i = 0; i < 10; i++) {
      char c = digits.charAt(i);
      sum += (i + 1) * (c == 'X' ? 10 : c - '0');
    }
    return sum % 11 == 0;
  }

  private static boolean isIsbn13(String text) {
    String digits = text.replaceAll("[\\s-]+", "");
    if (!digits.matches("\\d{13}")) {
      return false;
    }
    int sum = 0;
    for (int i = 0; i < 13; i++) {
      sum += (i % 2 == 0 ? 1 : 3) * (digits.charAt(i) - '0');
    }
    return sum % 10 == 0;
  }
}
