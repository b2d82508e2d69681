package dev.coracle.criruntime.config;

import java.nio.file.Path;
import java.util.List;

/**
 * What a runtime needs to know. Everything it makes on the machine (bridge, nftables table, cgroup,
 * directories) takes its name from {@code clusterId} or lies under {@code root}, so that several
 * runtimes live side by side.
 *
 * @param root data directory; created when missing
 * @param socket the CRI endpoint; keep it short (a UNIX socket path has at most 107 bytes)
 * @param clusterId short and unique on this machine
 * @param runtime what to run containers with
 * @param pausePolicy when a sandbox has a process of its own
 * @param network how pods get addresses
 * @param images how images are pulled and how large they may be
 * @param maxEventBacklog container events kept for a slow subscriber before its stream is ended
 */
public record CriRuntimeOptions(
    Path root,
    Path socket,
    String clusterId,
    RuntimeChoice runtime,
    PausePolicy pausePolicy,
    NetworkOptions network,
    ImageOptions images,
    int maxEventBacklog) {

  /** {@code AUTO} takes the first that works here: crun, runc, namespaces, process. */
  public enum RuntimeChoice {
    AUTO,
    CRUN,
    RUNC,
    NAMESPACES,
    PROCESS
  }

  /** A sandbox needs no process unless its containers share a PID namespace. */
  public enum PausePolicy {
    WHEN_PID_SHARED,
    ALWAYS
  }

  /** Sensible values for a cluster whose data lies in {@code root}. */
  public static CriRuntimeOptions of(Path root, String clusterId) {
    return new CriRuntimeOptions(
        root.toAbsolutePath().normalize(),
        root.toAbsolutePath().normalize().resolve("cri.sock"),
        clusterId,
        RuntimeChoice.AUTO,
        PausePolicy.WHEN_PID_SHARED,
        NetworkOptions.defaults(),
        ImageOptions.defaults(),
        1024);
  }

  public CriRuntimeOptions withSocket(Path value) {
    return new CriRuntimeOptions(
        root, value, clusterId, runtime, pausePolicy, network, images, maxEventBacklog);
  }

  public CriRuntimeOptions withRuntime(RuntimeChoice value) {
    return new CriRuntimeOptions(
        root, socket, clusterId, value, pausePolicy, network, images, maxEventBacklog);
  }

  public CriRuntimeOptions withNetwork(NetworkOptions value) {
    return new CriRuntimeOptions(
        root, socket, clusterId, runtime, pausePolicy, value, images, maxEventBacklog);
  }

  public CriRuntimeOptions withImages(ImageOptions value) {
    return new CriRuntimeOptions(
        root, socket, clusterId, runtime, pausePolicy, network, value, maxEventBacklog);
  }

  /** The registries spoken to without TLS, as {@code host[:port]}; loopback always is. */
  public CriRuntimeOptions withInsecureRegistries(List<String> registries) {
    return withImages(images.withInsecureRegistries(registries));
  }
}
