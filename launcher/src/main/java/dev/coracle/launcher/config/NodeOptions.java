package dev.coracle.launcher.config;

import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.SimulationOptions;
import java.util.Map;

/**
 * About the nodes of a process.
 *
 * @param present whether the process is a node at all
 * @param kubeletAddress where the kubelet's API listens
 * @param labels labels of the node beside those every node has
 * @param kubelet what was chosen in a KubeletConfiguration
 * @param maxLayerBytes a layer of an image that unpacks to more is refused by the built-in runtime
 * @param proxyHealthzAddress {@code ADDRESS:PORT} where the proxy is asked for its health; empty:
 *     nowhere
 * @param simulation nodes beside the real one that only pretend
 */
public record NodeOptions(
    boolean present,
    String kubeletAddress,
    Map<String, String> labels,
    KubeletConfiguration kubelet,
    long maxLayerBytes,
    String proxyHealthzAddress,
    SimulationOptions simulation) {

  private static final long MAX_LAYER = ImageOptions.defaults().maxLayerBytes();

  /** The node beside a control plane: it takes pods all the same. */
  public static final NodeOptions CONTROL_PLANE =
      new NodeOptions(
          true,
          "0.0.0.0",
          Map.of(),
          KubeletConfiguration.DEFAULT,
          MAX_LAYER,
          "",
          SimulationOptions.NONE);

  /** A control plane alone: its nodes are other machines. */
  public static final NodeOptions NO_NODE =
      new NodeOptions(
          false, "", Map.of(), KubeletConfiguration.DEFAULT, MAX_LAYER, "", SimulationOptions.NONE);

  public NodeOptions {
    labels = Map.copyOf(labels);
  }

  /** A node reached through its tunnel. */
  public static NodeOptions worker(Map<String, String> labels) {
    return new NodeOptions(
        true,
        "127.0.0.1",
        labels,
        KubeletConfiguration.DEFAULT,
        MAX_LAYER,
        "",
        SimulationOptions.NONE);
  }

  public NodeOptions withSimulation(SimulationOptions nodes) {
    return new NodeOptions(
        present, kubeletAddress, labels, kubelet, maxLayerBytes, proxyHealthzAddress, nodes);
  }

  public NodeOptions withKubelet(KubeletConfiguration configuration) {
    return new NodeOptions(
        present,
        kubeletAddress,
        labels,
        configuration,
        maxLayerBytes,
        proxyHealthzAddress,
        simulation);
  }

  public NodeOptions withMaxLayerBytes(long most) {
    return new NodeOptions(
        present, kubeletAddress, labels, kubelet, most, proxyHealthzAddress, simulation);
  }

  public NodeOptions withProxyHealthz(String address) {
    return new NodeOptions(
        present, kubeletAddress, labels, kubelet, maxLayerBytes, address, simulation);
  }
}
