package dev.coracle.criruntime.config;

import java.time.Duration;
import java.util.List;

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
 */
public record ImageOptions(
    List<String> insecureRegistries,
    long maxLayerBytes,
    int maxManifestBytes,
    int parallelLayers,
    Duration requestTimeout,
    Duration pullTimeout,
    int attempts) {
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
        4);
  }

  public ImageOptions withInsecureRegistries(List<String> value) {
    return new ImageOptions(
        value,
        maxLayerBytes,
        maxManifestBytes,
        parallelLayers,
        requestTimeout,
        pullTimeout,
        attempts);
  }
}
