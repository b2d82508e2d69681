package dev.coracle.apiserver.internal.discovery;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Negotiation.Form;
import java.util.List;
import java.util.Locale;

/**
 * As what a client wants a page about this server: a form of the object in a version of {@code
 * config.k8s.io}, or a text for people where that is empty.
 */
record PageForm(Form form, String version) {

  static final String GROUP = "config.k8s.io";
  private static final PageForm TEXT = new PageForm(Form.JSON, "");

  boolean isText() {
    return version.isEmpty();
  }

  String apiVersion() {
    return GROUP + "/" + version;
  }

  /**
   * The object is only for who names its kind; who names an old version is warned.
   *
   * @throws StatusException where it wants something else
   */
  static PageForm of(Exchange exchange, String kind) {
    PageForm form = wanted(exchange.header("Accept"), kind.toLowerCase(Locale.ROOT));
    if (form.version.equals("v1alpha1")) {
      exchange
          .warnings()
          .add(
              "This version of the "
                  + kind.toLowerCase(Locale.ROOT)
                  + " endpoint is deprecated. Please use a newer version.");
    }
    return form;
  }

  private static PageForm wanted(String accept, String kind) {
    if (accept.isBlank()) {
      return TEXT;
    }
    for (String clause : accept.split(",")) {
      List<String> parts = List.of(clause.strip().toLowerCase(Locale.ROOT).split("\\s*;\\s*"));
      boolean named = parts.contains("as=" + kind) && parts.contains("g=" + GROUP);
      for (String version : List.of("v1beta1", "v1alpha1")) {
        if (named && parts.contains("v=" + version)) {
          switch (parts.getFirst()) {
            case "application/json", "application/*", "*/*" -> {
              return new PageForm(Form.JSON, version);
            }
            case "application/yaml" -> {
              return new PageForm(Form.YAML, version);
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
}
