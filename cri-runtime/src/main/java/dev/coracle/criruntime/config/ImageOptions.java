package dev.coracle.criruntime.config;

import dev.coracle.criruntime.ImageReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How images are pulled.
 *
 * @param insecureRegistries {@code host[:port]} spoken to over plain HTTP
 * @param maxLayerBytes an unpacked layer beyond this is refused
 * @param maxManifestBytes a manifest or image config beyond this is refused
 * @param parallelLayers layers downloaded at once, over all pulls
 * @param requestTimeout until a registry's answer begins
 * @param pullTimeout for a whole pull
 * @param attempts tries of one blob; a later one resumes where the earlier stopped
 * @param archives a directory looked into before any registry: an image's archive is named after
 *     it, with {@code _} for slashes and colons ({@code docker.io_library_busybox_1.tar})
 */
public record ImageOptions(
    List<String> insecureRegistries,
    long maxLayerBytes,
    int maxManifestBytes,
    int parallelLayers,
    Duration requestTimeout,
    Duration pullTimeout,
    int attempts,
    Optional<Path> archives) {
  public ImageOptions {
    insecureRegistries = List.copyOf(insecureRegistries);
  }

  public static ImageOptions defaults() {
    return new ImageOptions(
        List.of(),
        20L << 30,
        8 << 20,
        3,
        Duration.ofSeconds(30),
        Duration.ofMinutes(30),
        4,
        Optional.empty());
  }

  /** The archive that an image is to be taken from before any registry is asked. */
  public Optional<Path> archive(ImageReference reference) {
    String file = reference.toString().replaceAll("[/:@]", "_") + ".tar";
    return archives.map(directory -> directory.resolve(file)).filter(Files::isReadable);
  }

  public ImageOptions withInsecureRegistries(List<String> value) {
    return new ImageOptions(
        value,
        maxLayerBytes,
        maxManifestBytes,
        parallelLayers,
        requestTimeout,
        pullTimeout,
        attempts,
        archives);
  }

  public ImageOptions withMaxLayerBytes(long most) {
    return new ImageOptions(
        insecureRegistries,
        most,
        maxManifestBytes,
        parallelLayers,
        requestTimeout,
        pullTimeout,
        attempts,
        archives);
  }

  public ImageOptions withArchives(Path directory) {
    return new ImageOptions(
        insecureRegistries,
        maxLayerBytes,
        maxManifestBytes,
        parallelLayers,
        requestTimeout,
        pullTimeout,
        attempts,
        Optional.of(directory));
  }
}
