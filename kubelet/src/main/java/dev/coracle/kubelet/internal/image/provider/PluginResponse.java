package dev.coracle.kubelet.internal.image.provider;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoDuration;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A CredentialProviderResponse.
 *
 * @param keyType for which images it holds
 * @param cacheDuration for how long; empty: as long as is configured
 * @param auth by registries, with stars
 */
record PluginResponse(KeyType keyType, Optional<Duration> cacheDuration, Map<String, Login> auth) {

  /** {@code cacheKeyType}. */
  enum KeyType {
    /** For this one. */
    IMAGE,
    /** For all of its registry. */
    REGISTRY,
    /** For all of them. */
    GLOBAL
  }

  record Login(String username, String password) {
    @Override
    public String toString() {
      return "Login[]";
    }
  }

  private static final Set<String> FIELDS =
      Set.of("kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth");

  /**
   * What a program has written may hold credentials, so failures tell nothing of it but its
   * version.
   *
   * @throws PluginFailure
   */
  static PluginResponse parse(byte[] written, String apiVersion) {
    JsonNode node;
    try {
      node = Json.parse(written);
    } catch (StatusException e) {
      throw new PluginFailure("error reading GVK from response: it is no JSON");
    }
    String actual = node.path("apiVersion").asText("");
    if (!actual.equals(apiVersion)) {
      throw new PluginFailure(
          "apiVersion from credential plugin response did not match expected apiVersion:"
              + apiVersion
              + ", actual apiVersion:"
              + actual.substring(0, Math.min(actual.length(), 100)));
    }
    try {
      return read(node);
    } catch (IllegalArgumentException e) {
      throw new PluginFailure(
          "error decoding credential provider plugin response from stdout" + e.getMessage());
    }
  }

  private static PluginResponse read(JsonNode node) {
    if (!node.path("kind").asText("").equals("CredentialProviderResponse")) {
      throw new IllegalArgumentException(": its kind is not CredentialProviderResponse");
    }
    node.fieldNames()
        .forEachRemaining(name -> {
          if (!FIELDS.contains(name)) {
            throw new IllegalArgumentException(": it has fields beside " + FIELDS);
          }
        });
    return new PluginResponse(keyType(node), duration(node.path("cacheDuration")), auth(node));
  }

  private static KeyType keyType(JsonNode node) {
    return switch (node.path("cacheKeyType").asText("")) {
      case "Image" -> KeyType.IMAGE;
      case "Registry" -> KeyType.REGISTRY;
      case "Global" -> KeyType.GLOBAL;
      default ->
          throw new PluginFailure(
              "credential provider plugin did not return a valid cacheKeyType: it must be Image,"
                  + " Registry or Global");
    };
  }

  private static Optional<Duration> duration(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    try {
      return Optional.of(GoDuration.parse(node.asText()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(": its cacheDuration is no duration", e);
    }
  }

  private static Map<String, Login> auth(JsonNode node) {
    Map<String, Login> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.path("auth").properties()) {
      JsonNode username = entry.getValue().path("username");
      JsonNode password = entry.getValue().path("password");
      if (!username.isTextual() || !password.isTextual()) {
        throw new IllegalArgumentException(": an auth needs a username and a password");
      }
      out.put(entry.getKey(), new Login(username.textValue(), password.textValue()));
    }
    return out;
  }
}
