package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in an archive of images: {@code docker save}'s format, or an OCI image layout, as a
 * directory or as a tar file (gzip or not). A tar file is spread out into a scratch directory.
 */
final class ImageArchive {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_NESTED_INDEXES = 4;

  /**
   * One image of an archive.
   *
   * @param names references it has in the archive; may be empty
   * @param manifestDigest empty when the archive has no manifest (docker save)
   */
  record Found(List<String> names, String manifestDigest, byte[] config, List<Path> layers) {}

  private final Path root;
  private final Platform platform;

  ImageArchive(Path root, Platform platform) {
    this.root = root;
    this.platform = platform;
  }

  /** Spreads a tar file's regular files out into a directory. */
  static void extract(Path archive, Path into) throws IOException {
    try (InputStream file = Files.newInputStream(archive);
        InputStream in = LayerStore.decompressed(new BufferedInputStream(file))) {
      TarReader tar = new TarReader(in);
      for (TarReader.Entry e = tar.next(); e != null; e = tar.next()) {
        Path target = into.resolve(e.name()).normalize();
        if (!target.startsWith(into)) {
          throw new IOException("archive entry outside of the archive: " + e.name());
        }
        if (e.type() == '0') {
          Files.createDirectories(target.getParent() == null ? into : target.getParent());
          Files.deleteIfExists(target);
          Files.copy(tar.content(), target);
        } else if (e.type() == '2' || e.type() == '1') {
          // docker save of old versions links equal layers to one another.
          Path parent = e.type() == '2' ? target.getParent() : into;
          Path source = (parent == null ? into : parent).resolve(e.link()).normalize();
          if (source.startsWith(into) && Files.isRegularFile(source)) {
            Files.createDirectories(target.getParent() == null ? into : target.getParent());
            Files.copy(source, target);
          }
        }
      }
    }
  }

  List<Found> images() throws IOException {
    if (Files.exists(root.resolve("index.json"))) {
      List<Found> found = new ArrayList<>();
      JsonNode index = JSON.readTree(root.resolve("index.json").toFile());
      for (JsonNode descriptor : index.path("manifests")) {
        fromDescriptor(descriptor, names(descriptor), 0, found);
      }
      if (!found.isEmpty()) {
        return found;
      }
    }
    if (Files.exists(root.resolve("manifest.json"))) {
      return fromDockerSave();
    }
    throw new IOException("neither an OCI image layout nor the output of docker save");
  }

  private static List<String> names(JsonNode descriptor) {
    JsonNode annotations = descriptor.path("annotations");
    String full = annotations.path("io.containerd.image.name").asText("");
    String name = annotations.path("org.opencontainers.image.ref.name").asText("");
    if (!full.isEmpty()) {
      return List.of(full);
    }
    // A bare tag, as the OCI layout's specification has it, names no repository.
    return name.contains("/") || name.contains(":") ? List.of(name) : List.of();
  }

  private void fromDescriptor(JsonNode descriptor, List<String> names, int depth, List<Found> into)
      throws IOException {
    if (depth > MAX_NESTED_INDEXES) {
      throw new IOException("image indexes nested too deeply");
    }
    String digest = descriptor.path("digest").asText();
    JsonNode manifest = JSON.readTree(blob(digest));
    if (manifest.has("manifests")) {
      JsonNode chosen = platform.choose(manifest.path("manifests"));
      fromDescriptor(chosen, names, depth + 1, into);
      return;
    }
    List<Path> layers = new ArrayList<>();
    for (JsonNode layer : manifest.path("layers")) {
      layers.add(blobPath(layer.path("digest").asText()));
    }
    into.add(
        new Found(names, digest, blob(manifest.path("config").path("digest").asText()), layers));
  }

  private List<Found> fromDockerSave() throws IOException {
    List<Found> found = new ArrayList<>();
    for (JsonNode image : JSON.readTree(root.resolve("manifest.json").toFile())) {
      List<Path> layers = new ArrayList<>();
      for (JsonNode layer : image.path("Layers")) {
        layers.add(inside(layer.asText()));
      }
      found.add(
          new Found(
              ImageIndex.texts(image.path("RepoTags")),
              "",
              Files.readAllBytes(inside(image.path("Config").asText())),
              layers));
    }
    return found;
  }

  private Path inside(String name) throws IOException {
    Path path = root.resolve(name).normalize();
    if (!path.startsWith(root)) {
      throw new IOException("archive names a file outside of it: " + name);
    }
    return path;
  }

  private Path blobPath(String digest) throws IOException {
    Path path = root.resolve("blobs/sha256").resolve(Digest.hex(digest));
    if (!Files.exists(path)) {
      throw new IOException("archive lacks " + digest);
    }
    return path;
  }

  private byte[] blob(String digest) throws IOException {
    byte[] content = Files.readAllBytes(blobPath(digest));
    if (!Digest.of(content).equals(digest)) {
      throw new IOException("content of " + digest + " in the archive is damaged");
    }
    return content;
  }
}
