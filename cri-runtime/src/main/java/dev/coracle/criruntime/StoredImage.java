package dev.coracle.criruntime;

import java.util.List;
import java.util.Map;

/**
 * An image of this machine.
 *
 * @param id digest of the image's config: the one name by which CRI answers refer to it
 * @param tags full names with a tag, such as {@code docker.io/library/nginx:1.27}
 * @param digests full names with the manifest's digest
 * @param layers digests of the unpacked layers, lowest first
 * @param size bytes of the unpacked layers
 * @param config what the image says about how to run it
 */
public record StoredImage(
    String id,
    List<String> tags,
    List<String> digests,
    List<String> layers,
    long size,
    Config config) {
  public StoredImage {
    tags = List.copyOf(tags);
    digests = List.copyOf(digests);
    layers = List.copyOf(layers);
  }

  /** The {@code config} object of the OCI image configuration; absent values are empty. */
  public record Config(
      List<String> entrypoint,
      List<String> cmd,
      List<String> env,
      String workingDir,
      String user,
      String stopSignal,
      List<String> volumes,
      Map<String, String> labels) {
    public Config {
      entrypoint = List.copyOf(entrypoint);
      cmd = List.copyOf(cmd);
      env = List.copyOf(env);
      volumes = List.copyOf(volumes);
      labels = Map.copyOf(labels);
    }
  }
}
