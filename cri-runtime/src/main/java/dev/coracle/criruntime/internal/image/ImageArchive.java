package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
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

  /** Far more than the layers and documents of all images that are ever saved together. */
  private static final int MOST_ENTRIES = 100_000;

  /**
   * One image of an archive.
   *
   * @param names references it has in the archive; may be empty
   * @param manifestDigest empty when the archive has no manifest (docker save)
   */
  record Found(List<String> names, String manifestDigest, byte[] config, List<Path> layers) {}

  private final Path root;
  private final Platform platform;
  private final int maxDocumentBytes;

  ImageArchive(Path root, Platform platform, int maxDocumentBytes) {
    this.root = root;
    this.platform = platform;
    this.maxDocumentBytes = maxDocumentBytes;
  }

  /**
   * Spreads a tar file's regular files out into a directory; links become further names of theirs.
   *
   * @throws IOException it is damaged, reaches outside of the directory, or becomes more than it
   *     may
   */
  static void extract(Path archive, Path into, UnpackLimit limit) throws IOException {
    try (InputStream file = Files.newInputStream(archive);
        InputStream in = limit.bound(LayerStore.decompressed(new BufferedInputStream(file)))) {
      TarReader tar = new TarReader(in);
      int entries = 0;
      for (TarReader.Entry e = tar.next(); e != null; e = tar.next()) {
        if (++entries > MOST_ENTRIES) {
          throw new IOException("the archive has more than " + MOST_ENTRIES + " entries");
        }
        switch (e.type()) {
          case '0' -> {
            Path target = within(into, into, e.name());
            room(into, target);
            Files.copy(tar.content(), target);
          }
          case '1', '2' -> {
            Path target = within(into, into, e.name());
            // docker save of old versions links equal layers to one another.
            Path source = within(into, e.type() == '2' ? parent(into, target) : into, e.link());
            if (Files.isRegularFile(source) && !source.equals(target)) {
              room(into, target);
              Files.createLink(target, source);
            }
          }
          default -> {}
        }
      }
    } catch (InvalidPathException e) {
      throw new IOException("archive entry with a name that cannot be", e);
    }
  }

  private static Path within(Path root, Path base, String name) throws IOException {
    Path path = base.resolve(name).normalize();
    if (!path.startsWith(root) || path.equals(root)) {
      throw new IOException("archive entry outside of the archive: " + name);
    }
    return path;
  }

  private static void room(Path root, Path target) throws IOException {
    Files.createDirectories(parent(root, target));
    Files.deleteIfExists(target);
  }

  private static Path parent(Path root, Path target) {
    Path parent = target.getParent();
    return parent == null ? root : parent;
  }

  List<Found> images() throws IOException {
    if (Files.exists(root.resolve("index.json"))) {
      List<Found> found = new ArrayList<>();
      JsonNode index = JSON.readTree(document(root.resolve("index.json")));
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
    for (JsonNode image : JSON.readTree(document(root.resolve("manifest.json")))) {
      List<Path> layers = new ArrayList<>();
      for (JsonNode layer : image.path("Layers")) {
        layers.add(inside(layer.asText()));
      }
      found.add(
          new Found(
              ImageIndex.texts(image.path("RepoTags")),
              "",
              document(inside(image.path("Config").asText())),
              layers));
    }
    return found;
  }

  /** A manifest, an index or a config: what is larger than any of these is not read. */
  private byte[] document(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(maxDocumentBytes + 1);
      if (content.length > maxDocumentBytes) {
        throw new IOException(
            root.relativize(file)
                + " in the archive is larger than "
                + maxDocumentBytes
                + " bytes");
      }
      return content;
    }
  }

  private Path inside(String name) throws IOException {
    try {
      Path path = root.resolve(name).normalize();
      if (path.startsWith(root)) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw new IOException("archive names a file that cannot be", e);
    }
    throw new IOException("archive names a file outside of it: " + name);
  }

  private Path blobPath(String digest) throws IOException {
    Path path = root.resolve("blobs/sha256").resolve(Digest.hex(checked(digest)));
    if (!Files.exists(path)) {
      throw new IOException("archive lacks " + digest);
    }
    return path;
  }

  private static String checked(String digest) throws IOException {
    try {
      return Digest.check(digest);
    } catch (IllegalArgumentException e) {
      throw new IOException("the archive has an " + e.getMessage(), e);
    }
  }

  private byte[] blob(String digest) throws IOException {
    byte[] content = document(blobPath(digest));
    if (!Digest.of(content).equals(digest)) {
      throw new IOException("content of " + digest + " in the archive is damaged");
    }
    return content;
  }
}
