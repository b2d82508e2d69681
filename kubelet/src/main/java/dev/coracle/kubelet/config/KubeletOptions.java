package dev.coracle.kubelet.config;

import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How one kubelet runs. Made by {@link #of} and changed by the {@code with…} methods.
 *
 * @param nodeName the Node's name
 * @param nodeIps the addresses under which the node and its kubelet API are reached, one or one of
 *     each IP family, the primary first
 * @param rootDir holds {@code pods/UID/…}, as upstream's {@code --root-dir}
 * @param podLogsDir holds {@code NAMESPACE_NAME_UID/CONTAINER/N.log}, as upstream's {@code
 *     /var/log/pods}
 * @param runtimeEndpoint the runtime's socket, {@code unix://…}
 * @param clusterDns addresses of the DNS service; empty: pods use the host's resolver
 * @param cgroupRoot the cgroup below which pods' cgroups stand, without slashes at its ends; empty:
 *     none are made
 * @param ownCgroupRoot whether that cgroup is this node's to make, weigh and remove
 * @param podCidr what the runtime may give to pods, written to the Node when not empty; one range,
 *     or one of each IP family with a comma between
 * @param staticPodPath a directory of manifests to run without the API
 * @param nodeLabels labels beside those every node has
 * @param maxPods how many pods the node takes
 * @param heartbeat how often the Lease is renewed (it lasts four times as long)
 * @param restartBackOff first delay of a crashing container or a failing pull
 * @param restartBackOffMax longest delay
 * @param configuration what is done at the node's end and when it runs short
 * @param server the kubelet's HTTPS API; empty: none is served
 */
public record KubeletOptions(
    String nodeName,
    List<String> nodeIps,
    Path rootDir,
    Path podLogsDir,
    String runtimeEndpoint,
    List<String> clusterDns,
    String clusterDomain,
    String cgroupRoot,
    boolean ownCgroupRoot,
    String podCidr,
    Optional<Path> staticPodPath,
    Map<String, String> nodeLabels,
    int maxPods,
    Duration heartbeat,
    Duration restartBackOff,
    Duration restartBackOffMax,
    KubeletConfiguration configuration,
    Optional<KubeletServerOptions> server) {

  public KubeletOptions {
    nodeIps = nodeIps.stream().map(KubeletOptions::canonical).toList();
    if (nodeIps.size() > 2
        || nodeIps.size() == 2 && IpFamily.of(nodeIps.get(0)) == IpFamily.of(nodeIps.get(1))) {
      throw new IllegalArgumentException(
          "bad --node-ip "
              + String.join(",", nodeIps)
              + ": it must be one address, or one of each IP family");
    }
    clusterDns = List.copyOf(clusterDns);
    nodeLabels = Map.copyOf(nodeLabels);
  }

  private static String canonical(String address) {
    return Cidr.number(address)
        .map(number -> Cidr.text(IpFamily.of(address), number))
        .orElse(address);
  }

  /** The primary address; empty for none. */
  public String nodeIp() {
    return nodeIps.isEmpty() ? "" : nodeIps.getFirst();
  }

  /** How many pods a machine with so many CPUs takes. */
  public int podsOn(int cpus) {
    return PodOptions.mostOn(cpus, maxPods, configuration.pods().perCore());
  }

  /** Where this node makes volumes of the built-in storage class: beside the root directory. */
  public Path localVolumes() {
    return rootDir.toAbsolutePath().resolveSibling("volumes");
  }

  /**
   * @param nodeIp one address, or one of each IP family with a comma between
   */
  public static KubeletOptions of(
      String nodeName, String nodeIp, Path rootDir, Path podLogsDir, String runtimeEndpoint) {
    return new KubeletOptions(
        nodeName,
        Cidr.split(nodeIp),
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        List.of(),
        "cluster.local",
        "",
        true,
        "",
        Optional.empty(),
        Map.of(),
        110,
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        KubeletConfiguration.DEFAULT,
        Optional.empty());
  }

  public KubeletOptions withClusterDns(List<String> servers, String domain) {
    return with(draft -> {
      draft.clusterDns = servers;
      draft.clusterDomain = domain;
    });
  }

  public KubeletOptions withCgroupRoot(String root) {
    return with(draft -> draft.cgroupRoot = root);
  }

  public KubeletOptions withNodeIps(List<String> addresses) {
    return with(draft -> draft.nodeIps = addresses);
  }

  public KubeletOptions withPodCidr(String cidr) {
    return with(draft -> draft.podCidr = cidr);
  }

  public KubeletOptions withStaticPodPath(Path path) {
    return with(draft -> draft.staticPodPath = Optional.of(path));
  }

  public KubeletOptions withNodeLabels(Map<String, String> labels) {
    return with(draft -> draft.nodeLabels = labels);
  }

  public KubeletOptions withMaxPods(int pods) {
    return with(draft -> draft.maxPods = pods);
  }

  public KubeletOptions withRestartBackOff(Duration initial, Duration max) {
    return with(draft -> {
      draft.restartBackOff = initial;
      draft.restartBackOffMax = max;
    });
  }

  public KubeletOptions withHeartbeat(Duration every) {
    return with(draft -> draft.heartbeat = every);
  }

  public KubeletOptions withServer(KubeletServerOptions https) {
    return with(draft -> draft.server = Optional.of(https));
  }

  /**
   * To be called when the rest is set, over which it goes.
   *
   * @throws IllegalArgumentException of what says that something is elsewhere than it is
   */
  public KubeletOptions withConfiguration(KubeletConfiguration chosen) {
    chosen.places().check(this);
    return with(draft -> {
      draft.maxPods = chosen.pods().most();
      draft.heartbeat = chosen.node().heartbeat();
      draft.server = server.map(chosen.serving()::over);
      String root = chosen.cgroups().root().orElse(cgroupRoot);
      draft.ownCgroupRoot = root.equals(cgroupRoot);
      draft.cgroupRoot = root;
      draft.staticPodPath = chosen.staticPodPath().or(() -> draft.staticPodPath);
      draft.configuration = chosen;
    });
  }

  private KubeletOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** Options while they are changed. */
  private static final class Draft {
    String nodeName;
    List<String> nodeIps;
    Path rootDir;
    Path podLogsDir;
    String runtimeEndpoint;
    List<String> clusterDns;
    String clusterDomain;
    String cgroupRoot;
    boolean ownCgroupRoot;
    String podCidr;
    Optional<Path> staticPodPath;
    Map<String, String> nodeLabels;
    int maxPods;
    Duration heartbeat;
    Duration restartBackOff;
    Duration restartBackOffMax;
    KubeletConfiguration configuration;
    Optional<KubeletServerOptions> server;

    Draft(KubeletOptions options) {
      nodeName = options.nodeName;
      nodeIps = options.nodeIps;
      rootDir = options.rootDir;
      podLogsDir = options.podLogsDir;
      runtimeEndpoint = options.runtimeEndpoint;
      clusterDns = options.clusterDns;
      clusterDomain = options.clusterDomain;
      cgroupRoot = options.cgroupRoot;
      ownCgroupRoot = options.ownCgroupRoot;
      podCidr = options.podCidr;
      staticPodPath = options.staticPodPath;
      nodeLabels = options.nodeLabels;
      maxPods = options.maxPods;
      heartbeat = options.heartbeat;
      restartBackOff = options.restartBackOff;
      restartBackOffMax = options.restartBackOffMax;
      configuration = options.configuration;
      server = options.server;
    }

    KubeletOptions options() {
      return new KubeletOptions(
          nodeName,
          nodeIps,
          rootDir,
          podLogsDir,
          runtimeEndpoint,
          clusterDns,
          clusterDomain,
          cgroupRoot,
          ownCgroupRoot,
          podCidr,
          staticPodPath,
          nodeLabels,
          maxPods,
          heartbeat,
          restartBackOff,
          restartBackOffMax,
          configuration,
          server);
    }
  }
}
