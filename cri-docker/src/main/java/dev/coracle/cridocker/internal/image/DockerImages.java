package dev.coracle.cridocker.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.cridocker.internal.engine.JsonLines;
import dev.coracle.criruntime.ImageReference;
import dev.coracle.criruntime.RegistryAuth;
import dev.coracle.criruntime.config.ImageOptions;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The engine's images. All methods block and are thread-safe. */
public final class DockerImages {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What all images take together costs Docker a walk over them. */
  private static final Duration USAGE_AGE = Duration.ofMinutes(1);

  private final Engine engine;
  private final ImageOptions options;
  private final Map<String, CompletableFuture<String>> running = new ConcurrentHashMap<>();
  private final ReentrantLock usageLock = new ReentrantLock();
  private long usedBytes;
  private long usedAt;
  private boolean usageKnown;

  public DockerImages(Engine engine, ImageOptions options) {
    this.engine = engine;
    this.options = options;
  }

  /** By name, by name with digest, or by id. */
  public Optional<JsonNode> find(String name) throws EngineException {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(engine.get("/images/" + path(name) + "/json"));
    } catch (EngineException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** A name's slashes are the path's, and everything else of it may stand there as it is. */
  private static String path(String name) {
    if (!name.matches("[A-Za-z0-9._:@/\\[\\]-]+")) {
      throw new IllegalArgumentException("invalid reference format: " + name);
    }
    return name;
  }

  /** Those that have a name, and those that have lost it. */
  public List<JsonNode> list() throws EngineException {
    List<JsonNode> out = new ArrayList<>();
    engine.get("/images/json").forEach(out::add);
    return out;
  }

  /**
   * Pulls an image, or takes it from an archive that the build has made. Two pulls of the same name
   * at once are one.
   *
   * @return its id
   * @throws IOException in Docker's words
   */
  public String pull(String name, RegistryAuth auth) throws IOException {
    ImageReference reference = ImageReference.parse(name);
    CompletableFuture<String> mine = new CompletableFuture<>();
    String key = reference + "|" + auth.username();
    CompletableFuture<String> other = running.putIfAbsent(key, mine);
    if (other != null) {
      try {
        return other.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      }
    }
    try {
      String id = pull(reference, auth);
      mine.complete(id);
      return id;
    } catch (IOException | RuntimeException e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      running.remove(key);
    }
  }

  private String pull(ImageReference reference, RegistryAuth auth) throws IOException {
    Optional<Path> archive = options.archive(reference);
    if (archive.isPresent()) {
      engine.load(archive.get());
    } else {
      fetch(reference, auth);
    }
    return find(reference.toString())
        .map(image -> image.path("Id").asText())
        .orElseThrow(
            () -> new IOException("Docker does not have " + reference + " after pulling it"));
  }

  private void fetch(ImageReference reference, RegistryAuth auth) throws IOException {
    String path =
        "/images/create?fromImage="
            + Engine.encode(reference.name())
            + "&tag="
            + Engine.encode(reference.version());
    Map<String, String> headers =
        auth.equals(RegistryAuth.NONE)
            ? Map.of()
            : Map.of("X-Registry-Auth", header(auth, reference.registry()));
    try (InputStream in = engine.stream(HttpMethod.POST, path, headers)) {
      JsonLines progress = new JsonLines(in);
      for (JsonNode step = progress.next(); step != null; step = progress.next()) {
        if (step.hasNonNull("error")) {
          throw new IOException(
              step.path("errorDetail").path("message").asText(step.path("error").asText()));
        }
      }
    }
  }

  private static String header(RegistryAuth auth, String registry) {
    ObjectNode node = JSON.createObjectNode().put("serveraddress", registry);
    node.put("username", auth.username()).put("password", auth.password());
    node.put("identitytoken", auth.identityToken()).put("registrytoken", auth.registryToken());
    return Base64.getUrlEncoder().encodeToString(node.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Removes the image with all its names; nothing happens when there is none. */
  public void remove(String name) throws EngineException {
    Optional<JsonNode> image = find(name);
    if (image.isEmpty()) {
      return;
    }
    List<String> names = new ArrayList<>();
    image.get().path("RepoTags").forEach(t -> names.add(t.asText()));
    image.get().path("RepoDigests").forEach(d -> names.add(d.asText()));
    if (names.isEmpty()) {
      names.add(image.get().path("Id").asText());
    }
    for (String one : names) {
      try {
        engine.delete("/images/" + path(one));
      } catch (EngineException e) {
        // With its last tag the digests may be gone, too.
        if (!e.isNotFound()) {
          throw e;
        }
      }
    }
  }

  /** Bytes of all layers, at most a minute old. */
  public long usedBytes() throws EngineException {
    usageLock.lock();
    try {
      if (!usageKnown || System.nanoTime() - usedAt > USAGE_AGE.toNanos()) {
        String only = engine.speaks("1.42") ? "?type=image" : "";
        usedBytes = engine.get("/system/df" + only).path("LayersSize").asLong();
        usedAt = System.nanoTime();
        usageKnown = true;
      }
      return usedBytes;
    } finally {
      usageLock.unlock();
    }
  }
}
