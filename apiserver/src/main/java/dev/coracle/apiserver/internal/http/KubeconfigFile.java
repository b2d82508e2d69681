package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A kubeconfig by which the API server reaches others. Whatever is wrong in it is the user's. */
public final class KubeconfigFile {

  private static final int MOST_BYTES = 1 << 20;

  private final Path file;
  private final JsonNode config;

  private KubeconfigFile(Path file, JsonNode config) {
    this.file = file;
    this.config = config;
  }

  /**
   * @throws IllegalStateException with words for the user
   */
  public static KubeconfigFile read(Path file) {
    try {
      return new KubeconfigFile(file, Yaml.parse(Files.readAllBytes(file), MOST_BYTES));
    } catch (IOException | StatusException e) {
      throw new IllegalStateException(
          "cannot read the webhook configuration " + file + ": " + e.getMessage(), e);
    }
  }

  Path file() {
    return file;
  }

  private JsonNode context() {
    return named("contexts", config.path("current-context").asText("")).path("context");
  }

  /** The cluster of the current context; empty where there is none. */
  JsonNode cluster() {
    return named("clusters", context().path("cluster").asText("")).path("cluster");
  }

  /** The user of the current context; empty where there is none. */
  public JsonNode user() {
    return named("users", context().path("user").asText("")).path("user");
  }

  public Map<String, JsonNode> users() {
    Map<String, JsonNode> out = new LinkedHashMap<>();
    config
        .path("users")
        .forEach(entry -> out.put(entry.path("name").asText(""), entry.path("user")));
    return out;
  }

  private JsonNode named(String list, String name) {
    for (JsonNode entry : config.path(list)) {
      if (entry.path("name").asText("").equals(name)) {
        return entry;
      }
    }
    return Json.object();
  }

  /** What stands in {@code FIELD-data}, or in the file that {@code FIELD} names. */
  @Nullable Buffer content(JsonNode node, String field) {
    String data = node.path(field + "-data").asText("");
    if (!data.isEmpty()) {
      try {
        return Buffer.buffer(Base64.getDecoder().decode(data));
      } catch (IllegalArgumentException e) {
        throw new IllegalStateException(field + "-data in " + file + " is not base64", e);
      }
    }
    String path = node.path(field).asText("");
    if (path.isEmpty()) {
      return null;
    }
    try {
      return Buffer.buffer(Files.readAllBytes(beside(path)));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + path + ", which " + file + " names", e);
    }
  }

  Path beside(String path) {
    return file.resolveSibling(path);
  }
}
