package dev.coracle.api.zpages;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * As what a client wants a page about a component: a syntax of the object in a version of {@code
 * config.k8s.io}, or a text for people.
 *
 * @param version of the object, empty for the text
 */
public record PageForm(Syntax syntax, String version) {

  /** What the page is written as. */
  public enum Syntax {
    TEXT,
    JSON,
    YAML
  }

  static final String GROUP = "config.k8s.io";
  private static final String OLD_VERSION = "v1alpha1";
  private static final PageForm TEXT = new PageForm(Syntax.TEXT, "");

  String apiVersion() {
    return GROUP + "/" + version;
  }

  /** What is said to who names an old version of the object. */
  public Optional<String> warning(ZPage page) {
    return version.equals(OLD_VERSION)
        ? Optional.of(
            "This version of the "
                + name(page)
                + " endpoint is deprecated. Please use a newer version.")
        : Optional.empty();
  }

  /**
   * The object is only for who names its kind.
   *
   * @param accept the header, empty where there is none
   * @throws StatusException where it wants something else
   */
  public static PageForm of(String accept, ZPage page) {
    if (accept.isBlank()) {
      return TEXT;
    }
    for (String clause : accept.split(",")) {
      List<String> parts = List.of(clause.strip().toLowerCase(Locale.ROOT).split("\\s*;\\s*"));
      boolean named = parts.contains("as=" + name(page)) && parts.contains("g=" + GROUP);
      for (String version : List.of("v1beta1", OLD_VERSION)) {
        if (named && parts.contains("v=" + version)) {
          switch (parts.getFirst()) {
            case "application/json", "application/*", "*/*" -> {
              return new PageForm(Syntax.JSON, version);
            }
            case "application/yaml" -> {
              return new PageForm(Syntax.YAML, version);
            }
            default -> {}
          }
        }
      }
      boolean plain = parts.stream().noneMatch(p -> p.startsWith("as="));
      if (plain && List.of("text/plain", "text/*", "*/*").contains(parts.getFirst())) {
        return TEXT;
      }
    }
    throw StatusException.of(
        StatusReason.NOT_ACCEPTABLE,
        "only the following media types are accepted: application/json, application/yaml,"
            + " text/plain");
  }

  private static String name(ZPage page) {
    return page.kind().toLowerCase(Locale.ROOT);
  }
}
