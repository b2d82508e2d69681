package dev.coracle.api.selector;

/**
 * What a label key and a label value may be made of (Kubernetes docs, "Labels and Selectors":
 * syntax and character set).
 */
public final class LabelSyntax {

  private LabelSyntax() {}

  /** An optional DNS subdomain prefix and a slash, then a name of at most 63 characters. */
  public static boolean isQualifiedName(String key) {
    int slash = key.indexOf('/');
    if (slash >= 0) {
      String prefix = key.substring(0, slash);
      return isDnsSubdomain(prefix) && isName(key.substring(slash + 1));
    }
    return isName(key);
  }

  /** Empty, or at most 63 characters that begin and end with a letter or digit. */
  public static boolean isLabelValue(String value) {
    return value.isEmpty() || isName(value);
  }

  /** RFC 1123: lower case labels joined by dots, at most 253 characters. */
  public static boolean isDnsSubdomain(String name) {
    return name.length() <= 253 && isDnsSubdomainOfAnyLength(name);
  }

  /** The same, but for the length. */
  public static boolean isDnsSubdomainOfAnyLength(String name) {
    for (String label : name.split("\\.", -1)) {
      if (!isDnsLabelOfAnyLength(label)) {
        return false;
      }
    }
    return true;
  }

  /** RFC 1123: at most 63 lower case letters, digits and inner hyphens. */
  public static boolean isDnsLabel(String name) {
    return name.length() <= 63 && isDnsLabelOfAnyLength(name);
  }

  private static boolean isDnsLabelOfAnyLength(String label) {
    int n = label.length();
    for (int i = 0; i < n; i++) {
      char c = label.charAt(i);
      boolean alphanumeric = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
      if (!alphanumeric && (c != '-' || i == 0 || i == n - 1)) {
        return false;
      }
    }
    return n > 0;
  }

  private static boolean isName(String name) {
    return name.length() <= 63 && isNameOfAnyLength(name);
  }

  /** What a label value, or a key behind its slash, is made of, but for its length. */
  public static boolean isNameOfAnyLength(String name) {
    int n = name.length();
    if (n == 0) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      char c = name.charAt(i);
      boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      boolean inner = c == '-' || c == '_' || c == '.';
      if (!alphanumeric && (!inner || i == 0 || i == n - 1)) {
        return false;
      }
    }
    return true;
  }
}
