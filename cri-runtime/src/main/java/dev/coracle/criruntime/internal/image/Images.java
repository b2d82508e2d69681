package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.criruntime.ImageReference;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.config.ImageOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/** The index, the configs and the layers of a data directory as one thing. Thread-safe. */
public final class Images {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LEFTOVER_AGE = Duration.ofHours(2);

  private final Path directory;
  private final BlobStore blobs;
  private final LayerStore layers;
  private final ImageIndex index;
  private final ImageOptions options;
  private volatile Supplier<Set<String>> layersInUse = Set::of;

  public Images(Path directory, LayerUnpacker.Form form, ImageOptions options) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.options = options;
    this.blobs = new BlobStore(directory.resolve("blobs"));
    this.layers = new LayerStore(directory.resolve("layers"), form, options.maxLayerBytes());
    this.index = new ImageIndex(directory, blobs);
    removeLeftovers(directory);
    removeLeftovers(layers.directory());
  }

  /** What a pull or an import left that ended with its process; not what another works on now. */
  private static void removeLeftovers(Path directory) throws IOException {
    Instant old = Instant.now().minus(LEFTOVER_AGE);
    try (var children = Files.newDirectoryStream(directory, "{tmp,pull,staging}-*")) {
      for (Path child : children) {
        if (Files.getLastModifiedTime(child).toInstant().isBefore(old)) {
          FileTrees.delete(child);
        }
      }
    }
  }

  public Path directory() {
    return directory;
  }

  public LayerStore layers() {
    return layers;
  }

  public ImageOptions options() {
    return options;
  }

  /** Tells which layers the containers use, so that they outlive their image. */
  public void protect(Supplier<Set<String>> inUse) {
    layersInUse = inUse;
  }

  /** Only images whose layers are here in the form that this runtime needs. */
  public List<StoredImage> list() throws IOException {
    return index.list().stream().filter(i -> layers.hasAll(i.layers())).toList();
  }

  public Optional<StoredImage> find(String name) throws IOException {
    List<StoredImage> all = list();
    for (StoredImage image : all) {
      if (image.id().equals(name) || image.id().equals("sha256:" + name)) {
        return Optional.of(image);
      }
    }
    if (name.matches("(sha256:)?[0-9a-f]{12,63}")) {
      String prefix = name.startsWith("sha256:") ? name : "sha256:" + name;
      List<StoredImage> some = all.stream().filter(i -> i.id().startsWith(prefix)).toList();
      if (some.size() == 1) {
        return Optional.of(some.getFirst());
      }
    }
    ImageReference reference;
    try {
      reference = ImageReference.parse(name);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    String full = reference.toString();
    return all.stream()
        .filter(i -> i.tags().contains(full) || i.digests().contains(full))
        .findFirst();
  }

  public List<StoredImage> load(Path archive, List<String> extraNames) throws IOException {
    Path root = archive;
    Path scratch = directory.resolve("tmp-" + UUID.randomUUID());
    try {
      if (!Files.isDirectory(archive)) {
        Files.createDirectory(scratch);
        ImageArchive.extract(archive, scratch, UnpackLimit.of(scratch, Long.MAX_VALUE));
        root = scratch;
      }
      List<StoredImage> added = new ArrayList<>();
      ImageArchive content = new ImageArchive(root, Platform.here(), options.maxManifestBytes());
      for (ImageArchive.Found found : content.images()) {
        List<String> names = new ArrayList<>();
        for (String name : found.names()) {
          names.add(reference(name));
        }
        names.addAll(extraNames);
        List<String> digests =
            found.manifestDigest().isEmpty()
                ? List.of()
                : names.stream()
                    .map(n -> ImageReference.parse(n).name() + "@" + found.manifestDigest())
                    .distinct()
                    .toList();
        added.add(
            add(names, digests, JSON.readTree(found.config()), found.config(), found.layers()));
      }
      return added;
    } finally {
      FileTrees.delete(scratch);
    }
  }

  private static String reference(String name) throws IOException {
    try {
      return ImageReference.parse(name).toString();
    } catch (IllegalArgumentException e) {
      throw new IOException("the archive names an image wrongly: " + e.getMessage(), e);
    }
  }

  /** Unpacks the layers (files in the order of the config's diff ids) and lists the image. */
  public StoredImage add(
      List<String> tags, List<String> digests, JsonNode document, byte[] config, List<Path> files)
      throws IOException {
    List<String> diffIds = ImageConfigs.diffIds(document);
    if (diffIds.size() != files.size()) {
      throw new IOException(
          "image has " + files.size() + " layers but its config names " + diffIds.size());
    }
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      layers.add(diffIds.get(i), () -> Files.newInputStream(file));
    }
    return publish(tags, digests, document, config);
  }

  /** Lists an image whose layers are there; its names are taken from other images. */
  StoredImage publish(List<String> tags, List<String> digests, JsonNode document, byte[] config)
      throws IOException {
    List<String> diffIds = ImageConfigs.diffIds(document);
    long size = 0;
    for (String diffId : diffIds) {
      size += layers.size(diffId).bytes();
    }
    String id = blobs.write(config);
    StoredImage[] result = new StoredImage[1];
    long bytes = Math.max(1, size);
    index.update(all -> {
      all.replaceAll((other, image) ->
          other.equals(id)
              ? image
              : new StoredImage(
                  image.id(),
                  image.tags().stream().filter(t -> !tags.contains(t)).toList(),
                  image.digests(),
                  image.layers(),
                  image.size(),
                  image.config()));
      StoredImage old = all.get(id);
      StoredImage image =
          new StoredImage(
              id,
              ImageIndex.union(old == null ? List.of() : old.tags(), tags),
              ImageIndex.union(old == null ? List.of() : old.digests(), digests),
              diffIds,
              bytes,
              ImageConfigs.parse(document));
      all.put(id, image);
      result[0] = image;
    });
    return result[0];
  }

  public boolean remove(String name) throws IOException {
    Optional<StoredImage> found = find(name);
    if (found.isEmpty()) {
      return false;
    }
    // First what takes room, so that the list can be written on a full disk. Without it the image
    // is none.
    blobs.delete(found.get().id());
    index.update(all -> all.remove(found.get().id()));
    collectGarbage();
    return true;
  }

  /** Disk use of all unpacked layers. */
  public LayerStore.Size usage() throws IOException {
    Set<String> all = new HashSet<>();
    list().forEach(image -> all.addAll(image.layers()));
    long bytes = 0;
    long files = 0;
    boolean counted = true;
    for (String layer : all) {
      LayerStore.Size size = layers.size(layer);
      bytes += size.bytes();
      files += size.files().orElse(0);
      counted &= size.files().isPresent();
    }
    return new LayerStore.Size(bytes, counted ? OptionalLong.of(files) : OptionalLong.empty());
  }

  BlobStore blobs() {
    return blobs;
  }

  /** Removes the layers that neither an image nor a container uses. */
  public void collectGarbage() throws IOException {
    Set<String> used = new HashSet<>(layersInUse.get());
    index.list().forEach(i -> used.addAll(i.layers()));
    layers.retain(used);
  }
}
