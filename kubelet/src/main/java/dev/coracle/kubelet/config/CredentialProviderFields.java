package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.net.RequestUri;
import dev.coracle.api.validation.NameRules;
import dev.coracle.kubelet.config.CredentialProviders.CacheType;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.config.CredentialProviders.TokenAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The fields of providers, and what is wrong with them: all of it, in upstream's words. */
final class CredentialProviderFields {
  private static final String PATH = "providers.";
  private static final String TOKEN = PATH + "tokenAttributes";
  private static final List<String> VERSIONS =
      List.of(
          CredentialProviders.V1,
          CredentialProviders.V1 + "alpha1",
          CredentialProviders.V1 + "beta1");

  private final List<String> wrong = new ArrayList<>();

  /** Empty where there is none. */
  static String unknown(JsonNode node, String path, String... names) {
    Set<String> known = Set.of(names);
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!known.contains(field.getKey())) {
        return "strict decoding error: unknown field \""
            + path
            + field.getKey()
            + "\"; known are "
            + String.join(", ", new TreeSet<>(known));
      }
    }
    return "";
  }

  /**
   * @throws IllegalArgumentException of everything that was wrong with the providers
   */
  void check(int providers) {
    if (providers == 0) {
      wrong.add("providers: Required value: at least 1 item in plugins is required");
    }
    if (!wrong.isEmpty()) {
      String all = String.join(", ", wrong);
      throw new IllegalArgumentException(
          "failed to validate credential provider config: "
              + (wrong.size() == 1 ? all : "[" + all + "]"));
    }
  }

  Provider provider(JsonNode node) {
    known(
        node,
        PATH,
        "name",
        "matchImages",
        "defaultCacheDuration",
        "apiVersion",
        "args",
        "env",
        "tokenAttributes");
    String apiVersion = node.path("apiVersion").asText("");
    if (apiVersion.isEmpty()) {
      required("apiVersion", "");
    } else if (!VERSIONS.contains(apiVersion)) {
      wrong.add(PATH + "apiVersion: " + unsupported(apiVersion, VERSIONS));
    }
    return new Provider(
        name(node.path("name").asText("")),
        matchImages(node),
        cacheDuration(node.path("defaultCacheDuration")),
        apiVersion,
        texts(node, PATH, "args"),
        env(node.path("env")),
        token(node.path("tokenAttributes"), apiVersion));
  }

  private String name(String name) {
    String at = PATH + "name: Invalid value: " + GoQuote.of(name) + ": provider name cannot ";
    if (name.isEmpty()) {
      required("name", "");
    }
    if (name.contains("/")) {
      wrong.add(at + "contain '/'");
    }
    if (name.contains(" ")) {
      wrong.add(at + "contain spaces");
    }
    if (name.equals(".") || name.equals("..")) {
      wrong.add(at + "be '" + name + "'");
    }
    return name;
  }

  private List<String> matchImages(JsonNode node) {
    List<String> images = texts(node, PATH, "matchImages");
    if (images.isEmpty()) {
      required("matchImages", ": at least 1 item in matchImages is required");
    }
    for (String image : images) {
      try {
        RequestUri.parse("https://" + image);
      } catch (IllegalArgumentException e) {
        invalid("matchImages", image, "match image is invalid: " + e.getMessage());
      }
    }
    return images;
  }

  private Duration cacheDuration(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      required("defaultCacheDuration", "");
      return Duration.ZERO;
    }
    try {
      Duration duration = ConfigFields.span(node, PATH + "defaultCacheDuration");
      if (duration.isNegative()) {
        invalid(
            "defaultCacheDuration",
            node.asText(),
            "defaultCacheDuration must be greater than or equal to 0");
      }
      return duration;
    } catch (IllegalArgumentException e) {
      invalid("defaultCacheDuration", node.asText(), String.valueOf(e.getMessage()));
      return Duration.ZERO;
    }
  }

  private Map<String, String> env(JsonNode list) {
    Map<String, String> out = new LinkedHashMap<>();
    for (JsonNode variable : list) {
      known(variable, PATH + "env.", "name", "value");
      String name = variable.path("name").asText("");
      if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
        invalid("env.name", name, "must be the name of a variable");
      } else {
        out.put(name, variable.path("value").asText(""));
      }
    }
    return out;
  }

  private Optional<TokenAttributes> token(JsonNode node, String apiVersion) {
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    known(
        node,
        TOKEN + ".",
        "serviceAccountTokenAudience",
        "requireServiceAccount",
        "cacheType",
        "requiredServiceAccountAnnotationKeys",
        "optionalServiceAccountAnnotationKeys");
    String audience = node.path("serviceAccountTokenAudience").asText("");
    if (audience.isEmpty()) {
      required("tokenAttributes.serviceAccountTokenAudience", "");
    }
    JsonNode need = node.path("requireServiceAccount");
    if (!need.isBoolean()) {
      required("tokenAttributes.requireServiceAccount", "");
    }
    if (!apiVersion.equals(CredentialProviders.V1)) {
      wrong.add(
          TOKEN
              + ": Forbidden: tokenAttributes is only supported for "
              + CredentialProviders.V1
              + " API version");
    }
    List<String> requiredKeys = keys(node, "requiredServiceAccountAnnotationKeys");
    if (need.isBoolean() && !need.booleanValue() && !requiredKeys.isEmpty()) {
      wrong.add(
          TOKEN
              + ".requiredServiceAccountAnnotationKeys: Forbidden: requireServiceAccount cannot be"
              + " false when requiredServiceAccountAnnotationKeys is set");
    }
    List<String> optionalKeys = keys(node, "optionalServiceAccountAnnotationKeys");
    Set<String> both = new TreeSet<>(requiredKeys);
    both.retainAll(optionalKeys);
    if (!both.isEmpty()) {
      wrong.add(
          TOKEN
              + ": Invalid value: [\""
              + String.join("\",\"", both)
              + "\"]: annotation keys cannot be both required and optional");
    }
    return Optional.of(
        new TokenAttributes(
            audience, need.asBoolean(), cacheType(node), requiredKeys, optionalKeys));
  }

  private CacheType cacheType(JsonNode node) {
    String text = node.path("cacheType").asText("");
    List<String> all = Arrays.stream(CacheType.values()).map(CacheType::text).toList();
    for (CacheType type : CacheType.values()) {
      if (type.text().equals(text)) {
        return type;
      }
    }
    if (text.isEmpty()) {
      required(
          "tokenAttributes.cacheType",
          ": cacheType is required to be set when tokenAttributes is specified. Supported values"
              + " are: "
              + String.join(", ", all));
    } else {
      wrong.add(TOKEN + ".cacheType: " + unsupported(text, all));
    }
    return CacheType.TOKEN;
  }

  private List<String> keys(JsonNode node, String field) {
    List<String> keys = texts(node, TOKEN + ".", field);
    Set<String> seen = new HashSet<>();
    for (String key : keys) {
      NameRules.qualifiedName(key.toLowerCase(Locale.ROOT))
          .forEach(why -> invalid("tokenAttributes." + field, key, why));
      if (!seen.add(key)) {
        wrong.add(TOKEN + "." + field + ": Duplicate value: " + GoQuote.of(key));
      }
    }
    return keys;
  }

  private List<String> texts(JsonNode node, String path, String field) {
    List<String> out = new ArrayList<>();
    for (JsonNode text : node.path(field)) {
      if (!text.isTextual()) {
        wrong.add(path + field + ": Invalid value: " + text + ": must be a string");
      }
      out.add(text.asText());
    }
    return out;
  }

  private void known(JsonNode node, String path, String... names) {
    String why =
        node.isObject() ? unknown(node, path, names) : path + " must be objects, and not " + node;
    if (!why.isEmpty()) {
      wrong.add(why);
    }
  }

  private void required(String field, String what) {
    wrong.add(PATH + field + ": Required value" + what);
  }

  private void invalid(String field, String value, String what) {
    wrong.add(PATH + field + ": Invalid value: " + GoQuote.of(value) + ": " + what);
  }

  private static String unsupported(String value, List<String> supported) {
    return "Unsupported value: "
        + GoQuote.of(value)
        + ": supported values: \""
        + String.join("\", \"", supported)
        + "\"";
  }
}
