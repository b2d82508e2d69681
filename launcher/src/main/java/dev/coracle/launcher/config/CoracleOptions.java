package dev.coracle.launcher.config;

import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.controllers.config.ControllerTuning;
import dev.coracle.scheduler.config.SchedulerOptions;
import java.nio.file.Path;
import java.util.Map;

/**
 * What can be chosen about one cluster. Ports: 0 picks a free one. Empty texts mean: choose or
 * detect.
 *
 * @param dataDir everything the cluster keeps
 * @param bindAddress where the API server listens
 * @param port of the API server
 * @param kubeletPort of the kubelet's API; when taken, a free one
 * @param ingressHttpPort of the ingress gateway; when taken, a free one
 * @param ingressHttpsPort likewise, for TLS
 * @param dnsPort of the DNS server on the node
 * @param nodeName empty: the host's name
 * @param nodeIp one address, or one of each family with a comma between; empty: the host's first
 *     global one of each family that pods have
 * @param networks pod and service addresses
 * @param clusterDomain of the DNS names
 * @param containerRuntimeEndpoint UNIX socket of a CRI runtime or of the Docker Engine; empty: the
 *     built-in one
 * @param runtime how the built-in runtime isolates: auto, crun, runc, namespaces or process
 * @param proxyMode auto, nftables or userspace
 * @param store where the state is kept
 * @param keepPods leave containers running at the end
 * @param serving how the API server is reached, and how much it bears
 * @param security what is turned on in the API server
 * @param logs the collection of containers' logs
 * @param node about the node of this process, and simulated ones
 * @param controllers what is chosen of the controllers
 * @param scheduler how nodes are chosen for pods
 * @param flags the options that were given and those that were not, to be shown; no secrets
 */
public record CoracleOptions(
    Path dataDir,
    String bindAddress,
    int port,
    int kubeletPort,
    int ingressHttpPort,
    int ingressHttpsPort,
    int dnsPort,
    String nodeName,
    String nodeIp,
    NetworkRanges networks,
    String clusterDomain,
    String containerRuntimeEndpoint,
    String runtime,
    String proxyMode,
    StoreOptions store,
    boolean keepPods,
    ServingOptions serving,
    SecurityOptions security,
    LogStoreOptions logs,
    NodeOptions node,
    ControllerTuning controllers,
    SchedulerOptions scheduler,
    Map<String, String> flags) {

  public CoracleOptions {
    flags = Map.copyOf(flags);
  }

  /** A cluster of its own in this directory, on free ports: what tests use. */
  public static CoracleOptions onFreePorts(Path dataDir) {
    return new CoracleOptions(
        dataDir,
        "0.0.0.0",
        0,
        0,
        0,
        0,
        0,
        "",
        "",
        NetworkRanges.CHOSEN,
        "cluster.local",
        "",
        "auto",
        "auto",
        StoreOptions.EMBEDDED,
        false,
        ServingOptions.DEFAULT,
        SecurityOptions.DEFAULT,
        LogStoreOptions.DEFAULT,
        NodeOptions.CONTROL_PLANE,
        ControllerTuning.DEFAULT,
        SchedulerOptions.DEFAULT,
        Map.of());
  }

  public CoracleOptions withRuntime(String newRuntime, String endpoint) {
    return new CoracleOptions(
        dataDir,
        bindAddress,
        port,
        kubeletPort,
        ingressHttpPort,
        ingressHttpsPort,
        dnsPort,
        nodeName,
        nodeIp,
        networks,
        clusterDomain,
        endpoint,
        newRuntime,
        proxyMode,
        store,
        keepPods,
        serving,
        security,
        logs,
        node,
        controllers,
        scheduler,
        flags);
  }

  public CoracleOptions withKeepPods(boolean keep) {
    return new CoracleOptions(
        dataDir,
        bindAddress,
        port,
        kubeletPort,
        ingressHttpPort,
        ingressHttpsPort,
        dnsPort,
        nodeName,
        nodeIp,
        networks,
        clusterDomain,
        containerRuntimeEndpoint,
        runtime,
        proxyMode,
        store,
        keep,
        serving,
        security,
        logs,
        node,
        controllers,
        scheduler,
        flags);
  }

  public CoracleOptions withClusterDomain(String domain) {
    return new CoracleOptions(
        dataDir,
        bindAddress,
        port,
        kubeletPort,
        ingressHttpPort,
        ingressHttpsPort,
        dnsPort,
        nodeName,
        nodeIp,
        networks,
        domain,
        containerRuntimeEndpoint,
        runtime,
        proxyMode,
        store,
        keepPods,
        serving,
        security,
        logs,
        node,
        controllers,
        scheduler,
        flags);
  }

  public CoracleOptions withNetworks(NetworkRanges ranges) {
    return new CoracleOptions(
        dataDir,
        bindAddress,
        port,
        kubeletPort,
        ingressHttpPort,
        ingressHttpsPort,
        dnsPort,
        nodeName,
        nodeIp,
        ranges,
        clusterDomain,
        containerRuntimeEndpoint,
        runtime,
        proxyMode,
        store,
        keepPods,
        serving,
        security,
        logs,
        node,
        controllers,
        scheduler,
        flags);
  }

  public CoracleOptions withNode(NodeOptions options) {
    return new CoracleOptions(
        dataDir,
        bindAddress,
        port,
        kubeletPort,
        ingressHttpPort,
        ingressHttpsPort,
        dnsPort,
        nodeName,
        nodeIp,
        networks,
        clusterDomain,
        containerRuntimeEndpoint,
        runtime,
        proxyMode,
        store,
        keepPods,
        serving,
        security,
        logs,
        options,
        controllers,
        scheduler,
        flags);
  }
}
