package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.criruntime.StoredImage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The list of images in {@code index.json}, replaced in one step under a file lock, so that a
 * command line and a running server may share the directory. Thread-safe.
 */
final class ImageIndex {
  private static final Logger LOG = LoggerFactory.getLogger(ImageIndex.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Path lockFile;
  private final BlobStore blobs;
  private final Object lock = new Object();
  private Map<String, StoredImage> images = Map.of();
  private String seen = "";

  ImageIndex(Path directory, BlobStore blobs) {
    this.file = directory.resolve("index.json");
    this.lockFile = directory.resolve("index.lock");
    this.blobs = blobs;
  }

  List<StoredImage> list() throws IOException {
    synchronized (lock) {
      refresh();
      return List.copyOf(images.values());
    }
  }

  /** Changes the list; keys are image ids. */
  void update(Consumer<Map<String, StoredImage>> change) throws IOException {
    synchronized (lock) {
      try (FileChannel channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = channel.lock()) {
        assert held.isValid();
        refresh();
        Map<String, StoredImage> next = new LinkedHashMap<>(images);
        change.accept(next);
        FileTrees.replace(file, JSON.writeValueAsBytes(toJson(next.values())));
        images = next;
        seen = stamp();
      }
    }
  }

  private String stamp() throws IOException {
    return Files.exists(file) ? Files.getLastModifiedTime(file) + "/" + Files.size(file) : "";
  }

  private void refresh() throws IOException {
    String now = stamp();
    if (now.equals(seen)) {
      return;
    }
    Map<String, StoredImage> read = new LinkedHashMap<>();
    if (Files.exists(file)) {
      for (JsonNode n : document().path("images")) {
        read(n).ifPresent(image -> read.put(image.id(), image));
      }
    }
    images = read;
    seen = now;
  }

  /** Empty where a power failure has damaged it: then the images are pulled again. */
  private JsonNode document() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try {
      return JSON.readTree(bytes);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("file", file).setCause(e).log("the list of images is damaged");
      return JSON.createObjectNode();
    }
  }

  private Optional<StoredImage> read(JsonNode n) {
    String id = n.path("id").asText();
    try {
      List<String> layers = texts(n.path("layers"));
      layers.forEach(Digest::check);
      JsonNode config = JSON.readTree(blobs.read(id));
      return Optional.of(
          new StoredImage(
              id,
              texts(n.path("tags")),
              texts(n.path("digests")),
              layers,
              n.path("size").asLong(),
              ImageConfigs.parse(config)));
    } catch (IOException | IllegalArgumentException e) {
      LOG.atWarn().addKeyValue("image", id).setCause(e).log("an image is damaged and left out");
      return Optional.empty();
    }
  }

  private static ObjectNode toJson(Iterable<StoredImage> list) {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode array = root.putArray("images");
    for (StoredImage image : list) {
      ObjectNode n = array.addObject().put("id", image.id()).put("size", image.size());
      image.tags().forEach(n.putArray("tags")::add);
      image.digests().forEach(n.putArray("digests")::add);
      image.layers().forEach(n.putArray("layers")::add);
    }
    return root;
  }

  static List<String> texts(JsonNode array) {
    List<String> list = new ArrayList<>();
    array.forEach(n -> list.add(n.asText()));
    return list;
  }

  static List<String> union(List<String> a, List<String> b) {
    Set<String> all = new LinkedHashSet<>(a);
    all.addAll(b);
    return List.copyOf(all);
  }
}
