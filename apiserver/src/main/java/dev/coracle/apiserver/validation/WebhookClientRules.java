package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.net.RequestUri;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;

/** Where a webhook is found, of admission or of a conversion: a URL, or a Service's path. */
final class WebhookClientRules {

  private static final String FORM = "; desired format: https://host[/path]";
  private static final int PORTS = 65535;

  private WebhookClientRules() {}

  static void check(JsonNode config, FieldPath at, FieldErrors errors) {
    boolean url = Nodes.set(config, "url");
    boolean service = Nodes.set(config, "service");
    if (url == service) {
      errors.required(at, "", "exactly one of url or service is required");
    } else if (url) {
      url(Nodes.text(config, "url"), at.child("url"), errors);
    } else {
      service(config.path("service"), at.child("service"), errors);
    }
  }

  private static void url(String text, FieldPath at, FieldErrors errors) {
    int hash = text.indexOf('#');
    String scheme = "";
    String host = "";
    String user = "";
    String query = "";
    try {
      RequestUri url = RequestUri.parse(hash < 0 ? text : text.substring(0, hash));
      scheme = url.scheme();
      host = url.host();
      user = url.user();
      query = url.rawQuery();
    } catch (IllegalArgumentException e) {
      String words = String.valueOf(e.getMessage());
      // What has no scheme and no root is a URL still, relative to another.
      if (!words.endsWith("invalid URI for request") && !words.endsWith("empty url")) {
        errors.required(at, "", "url must be a valid URL: " + words + FORM);
        return;
      }
    }
    if (!scheme.equals("https")) {
      errors.invalid(at, "", scheme, "'https' is the only allowed URL scheme" + FORM);
    }
    if (host.isEmpty()) {
      errors.invalid(at, "", host, "host must be specified" + FORM);
    }
    if (!user.isEmpty()) {
      errors.invalid(at, "", user, "user information is not permitted in the URL");
    }
    if (hash >= 0 && hash < text.length() - 1) {
      errors.invalid(at, "", text.substring(hash + 1), "fragments are not permitted in the URL");
    }
    if (!query.isEmpty()) {
      errors.invalid(at, "", query, "query parameters are not permitted in the URL");
    }
  }

  /** Upstream takes the name for the namespace and the other way round. */
  private static void service(JsonNode service, FieldPath at, FieldErrors errors) {
    if (Nodes.text(service, "namespace").isEmpty()) {
      errors.required(at, "name");
    }
    if (Nodes.text(service, "name").isEmpty()) {
      errors.required(at, "namespace");
    }
    long port = service.path("port").asLong(443);
    if (port < 1 || port > PORTS) {
      errors.invalid(at, "port", port, "port is not valid: must be between 1 and 65535, inclusive");
    }
    path(Nodes.text(service, "path"), at, errors);
  }

  private static void path(String path, FieldPath at, FieldErrors errors) {
    if (path.isEmpty() || path.equals("/")) {
      return;
    }
    if (path.equals("//")) {
      errors.invalid(at, "path", path, "segment[0] may not be empty");
      return;
    }
    if (!path.startsWith("/")) {
      errors.invalid(at, "path", path, "must start with a '/'");
    }
    // Without its first character, whatever that is.
    String rest = path.substring(path.offsetByCodePoints(0, 1));
    rest = rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
    int i = 0;
    for (String step : rest.split("/", -1)) {
      String segment = "segment[" + i++ + "]";
      List<String> problems = NameRules.dnsSubdomain(step);
      if (step.isEmpty()) {
        errors.invalid(at, "path", path, segment + " may not be empty");
        continue;
      }
      for (String problem : problems) {
        errors.invalid(at, "path", path, segment + ": " + problem);
      }
    }
  }
}
