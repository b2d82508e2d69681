package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.criruntime.ImageReference;
import dev.coracle.criruntime.RegistryAuth;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.server.NotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Pulls images into the store. Two pulls of the same name at once are one; layers come several at a
 * time, within one limit for all pulls. Blocks; thread-safe.
 */
public final class Puller {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Images images;
  private final ImageOptions options;
  private final Semaphore downloads;
  private final Map<String, CompletableFuture<StoredImage>> running = new ConcurrentHashMap<>();

  public Puller(Images images) {
    this.images = images;
    this.options = images.options();
    this.downloads = new Semaphore(options.parallelLayers());
  }

  /**
   * @throws IOException the registry's own words where it has some
   */
  public StoredImage pull(String name, RegistryAuth auth) throws IOException {
    ImageReference reference = ImageReference.parse(name);
    CompletableFuture<StoredImage> mine = new CompletableFuture<>();
    String key = reference + "|" + auth.username();
    CompletableFuture<StoredImage> other = running.putIfAbsent(key, mine);
    if (other != null) {
      try {
        return other.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      }
    }
    try {
      Optional<Path> archive = options.archive(reference);
      StoredImage image =
          archive.isPresent()
              ? images.load(archive.get(), List.of(reference.toString())).getFirst()
              : fetchOrSayWhy(reference, auth);
      mine.complete(image);
      return image;
    } catch (IOException | RuntimeException e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      running.remove(key);
    }
  }

  /** Failures in containerd's words, which users know from the events of pods. */
  private StoredImage fetchOrSayWhy(ImageReference reference, RegistryAuth auth)
      throws IOException {
    String prefix = "failed to pull and unpack image \"" + reference + "\": ";
    try {
      return fetch(reference, auth);
    } catch (NotFoundException e) {
      throw new NotFoundException(prefix + e.getMessage());
    } catch (IOException e) {
      throw new IOException(prefix + (e.getMessage() == null ? e : e.getMessage()), e);
    }
  }

  private static RegistryClient.Manifest resolve(RegistryClient client, ImageReference reference)
      throws IOException {
    String prefix = "failed to resolve reference \"" + reference + "\": ";
    try {
      return client.manifest(reference.version());
    } catch (NotFoundException e) {
      throw new NotFoundException(prefix + e.getMessage());
    } catch (IOException e) {
      throw new IOException(prefix + (e.getMessage() == null ? e : e.getMessage()), e);
    }
  }

  private StoredImage fetch(ImageReference reference, RegistryAuth auth) throws IOException {
    Instant deadline = Instant.now().plus(options.pullTimeout());
    try (RegistryClient client = new RegistryClient(reference, auth, options, deadline)) {
      RegistryClient.Manifest manifest = resolve(client, reference);
      // The digest that the name stands for is the index's, if there is one.
      String named = manifest.digest();
      JsonNode document = JSON.readTree(manifest.content());
      for (int depth = 0; document.has("manifests"); depth++) {
        if (depth > 3) {
          throw new IOException("image indexes nested too deeply: " + reference);
        }
        JsonNode chosen = Platform.here().choose(document.path("manifests"));
        manifest = client.manifest(Digest.check(chosen.path("digest").asText()));
        document = JSON.readTree(manifest.content());
      }
      if (document.path("schemaVersion").asInt() != 2 || !document.has("config")) {
        throw new IOException("unsupported manifest of " + reference);
      }
      byte[] config =
          client.smallBlob(Digest.check(document.path("config").path("digest").asText()));
      layers(client, document, ImageConfigs.diffIds(JSON.readTree(config)));
      List<String> tags = reference.digest().isEmpty() ? List.of(reference.toString()) : List.of();
      return images.publish(
          tags, List.of(reference.name() + "@" + named), JSON.readTree(config), config);
    }
  }

  private void layers(RegistryClient client, JsonNode manifest, List<String> diffIds)
      throws IOException {
    List<JsonNode> descriptors = new ArrayList<>();
    manifest.path("layers").forEach(descriptors::add);
    if (descriptors.size() != diffIds.size()) {
      throw new IOException("manifest and config disagree about the layers");
    }
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < diffIds.size(); i++) {
        String diffId = diffIds.get(i);
        JsonNode descriptor = descriptors.get(i);
        all.add(executor.submit(layer(client, descriptor, diffId)));
      }
      for (Future<Void> one : all) {
        try {
          one.get();
        } catch (ExecutionException e) {
          executor.shutdownNow();
          throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
          executor.shutdownNow();
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
    }
  }

  private Callable<Void> layer(RegistryClient client, JsonNode descriptor, String diffId) {
    return () -> {
      if (images.layers().has(diffId)) {
        return null;
      }
      downloads.acquire();
      Path file = images.directory().resolve("pull-" + UUID.randomUUID());
      try {
        String digest = Digest.check(descriptor.path("digest").asText());
        client.download(digest, descriptor.path("size").asLong(), file);
        images.layers().add(diffId, () -> Files.newInputStream(file));
        return null;
      } finally {
        downloads.release();
        Files.deleteIfExists(file);
      }
    };
  }
}
