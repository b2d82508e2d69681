package dev.coracle.kubelet.config;

import dev.coracle.kubelet.server.config.KubeletServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How one kubelet runs. Made by {@link #of} and changed by the {@code with…} methods.
 *
 * @param nodeName the Node's name
 * @param nodeIp the address under which the node and its kubelet API are reached
 * @param rootDir holds {@code pods/UID/…}, as upstream's {@code --root-dir}
 * @param podLogsDir holds {@code NAMESPACE_NAME_UID/CONTAINER/N.log}, as upstream's {@code
 *     /var/log/pods}
 * @param runtimeEndpoint the runtime's socket, {@code unix://…}
 * @param clusterDns addresses of the DNS service; empty: pods use the host's resolver
 * @param cgroupRoot the cgroup below which pods' cgroups stand, without slashes at its ends; empty:
 *     none are made
 * @param podCidr what the runtime may give to pods, written to the Node when not empty
 * @param staticPodPath a directory of manifests to run without the API
 * @param nodeLabels labels beside those every node has
 * @param maxPods how many pods the node takes
 * @param maxParallelImagePulls pulls at once
 * @param heartbeat how often the Lease is renewed (it lasts four times as long)
 * @param restartBackOff first delay of a crashing container or a failing pull
 * @param restartBackOffMax longest delay
 * @param containerLogMaxSize bytes after which a container's log is rotated
 * @param containerLogMaxFiles files kept of one container
 * @param configuration what is done at the node's end and when it runs short
 * @param server the kubelet's HTTPS API; empty: none is served
 */
public record KubeletOptions(
    String nodeName,
    String nodeIp,
    Path rootDir,
    Path podLogsDir,
    String runtimeEndpoint,
    List<String> clusterDns,
    String clusterDomain,
    String cgroupRoot,
    String podCidr,
    Optional<Path> staticPodPath,
    Map<String, String> nodeLabels,
    int maxPods,
    int maxParallelImagePulls,
    Duration heartbeat,
    Duration restartBackOff,
    Duration restartBackOffMax,
    long containerLogMaxSize,
    int containerLogMaxFiles,
    KubeletConfiguration configuration,
    Optional<KubeletServerOptions> server) {

  public KubeletOptions {
    clusterDns = List.copyOf(clusterDns);
    nodeLabels = Map.copyOf(nodeLabels);
  }

  /** Where this node makes volumes of the built-in storage class: beside the root directory. */
  public Path localVolumes() {
    return rootDir.toAbsolutePath().resolveSibling("volumes");
  }

  public static KubeletOptions of(
      String nodeName, String nodeIp, Path rootDir, Path podLogsDir, String runtimeEndpoint) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        List.of(),
        "cluster.local",
        "",
        "",
        Optional.empty(),
        Map.of(),
        110,
        4,
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        10L << 20,
        5,
        KubeletConfiguration.DEFAULT,
        Optional.empty());
  }

  public KubeletOptions withClusterDns(List<String> servers, String domain) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        servers,
        domain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withCgroupRoot(String root) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        root,
        podCidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withPodCidr(String cidr) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        cidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withStaticPodPath(Path path) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        Optional.of(path),
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withNodeLabels(Map<String, String> labels) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        labels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withMaxPods(int pods) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        pods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withRestartBackOff(Duration initial, Duration max) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        initial,
        max,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withHeartbeat(Duration every) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        every,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        server);
  }

  public KubeletOptions withContainerLogs(long maxSize, int maxFiles) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        maxSize,
        maxFiles,
        configuration,
        server);
  }

  public KubeletOptions withServer(KubeletServerOptions https) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        maxPods,
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        containerLogMaxSize,
        containerLogMaxFiles,
        configuration,
        Optional.of(https));
  }

  public KubeletOptions withConfiguration(KubeletConfiguration chosen) {
    return new KubeletOptions(
        nodeName,
        nodeIp,
        rootDir,
        podLogsDir,
        runtimeEndpoint,
        clusterDns,
        clusterDomain,
        cgroupRoot,
        podCidr,
        staticPodPath,
        nodeLabels,
        chosen.maxPods(),
        maxParallelImagePulls,
        heartbeat,
        restartBackOff,
        restartBackOffMax,
        chosen.containerLogMaxSize(),
        chosen.containerLogMaxFiles(),
        chosen,
        server);
  }
}
