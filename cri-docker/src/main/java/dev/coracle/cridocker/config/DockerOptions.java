package dev.coracle.cridocker.config;

import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.config.NetworkOptions;
import java.nio.file.Path;

/**
 * What the shim needs to know. What it makes takes its name from {@code clusterId} or lies under
 * {@code root}, and its containers bear the id as a label, so that several clusters may share one
 * daemon.
 *
 * @param root data directory; created when missing
 * @param socket the CRI endpoint; keep it short (a UNIX socket path has at most 107 bytes)
 * @param engine the Docker daemon's socket
 * @param clusterId short and unique on this machine
 * @param network how pods get addresses
 * @param images of these only the directory of archives counts: Docker pulls as it is configured
 * @param maxEventBacklog container events kept for a slow subscriber before its stream is ended
 */
public record DockerOptions(
    Path root,
    Path socket,
    Path engine,
    String clusterId,
    NetworkOptions network,
    ImageOptions images,
    int maxEventBacklog) {

  /** Sensible values for a cluster whose data lies in {@code root}. */
  public static DockerOptions of(Path root, Path engine, String clusterId) {
    Path absolute = root.toAbsolutePath().normalize();
    return new DockerOptions(
        absolute,
        absolute.resolve("cri.sock"),
        engine,
        clusterId,
        NetworkOptions.defaults(),
        ImageOptions.defaults(),
        1024);
  }

  public DockerOptions withSocket(Path value) {
    return new DockerOptions(root, value, engine, clusterId, network, images, maxEventBacklog);
  }

  public DockerOptions withNetwork(NetworkOptions value) {
    return new DockerOptions(root, socket, engine, clusterId, value, images, maxEventBacklog);
  }

  public DockerOptions withImages(ImageOptions value) {
    return new DockerOptions(root, socket, engine, clusterId, network, value, maxEventBacklog);
  }
}
