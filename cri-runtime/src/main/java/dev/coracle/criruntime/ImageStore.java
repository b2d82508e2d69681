package dev.coracle.criruntime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.internal.image.Images;
import dev.coracle.criruntime.internal.image.LayerUnpacker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The images below one data directory. A command line may open the store of a running server: both
 * see each other's images. All methods block (disk) and are thread-safe.
 */
public final class ImageStore {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Images images;

  ImageStore(Images images) {
    this.images = images;
  }

  /**
   * Opens or creates the store that a runtime with this data directory uses.
   *
   * @param overlay whether layers are kept for overlayfs (root on Linux) or for copying
   */
  public static ImageStore open(Path root, boolean overlay, ImageOptions options)
      throws IOException {
    return new ImageStore(
        new Images(
            root.resolve("images"),
            overlay ? LayerUnpacker.Form.OVERLAY : LayerUnpacker.Form.PLAIN,
            options));
  }

  /**
   * Imports all images of an archive ({@code docker save}, OCI layout as tar or directory).
   *
   * @throws IOException with a message for people when it is no such archive or is damaged
   */
  public List<StoredImage> load(Path archive) throws IOException {
    return images.load(archive, List.of());
  }

  /** As {@link #load(Path)}, and gives the archive's only image this name as well. */
  public StoredImage load(Path archive, String name) throws IOException {
    return images.load(archive, List.of(ImageReference.parse(name).toString())).getFirst();
  }

  public List<StoredImage> list() throws IOException {
    return images.list();
  }

  /** By name, by name with digest, by id, or by an unambiguous beginning of the id. */
  public Optional<StoredImage> find(String name) throws IOException {
    return images.find(name);
  }

  /**
   * Removes the image with all its names. Layers that a container still uses stay until it is gone.
   *
   * @return false when there was none
   */
  public boolean remove(String name) throws IOException {
    return images.remove(name);
  }

  /** Adds what a builder made, under its name. */
  StoredImage add(String name, byte[] config, Path layer) throws IOException {
    JsonNode document = JSON.readTree(config);
    return images.add(
        List.of(ImageReference.parse(name).toString()),
        List.of(),
        document,
        config,
        List.of(layer));
  }

  Images images() {
    return images;
  }
}
