package dev.coracle.launcher.config;

import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.SimulationOptions;
import dev.coracle.proxy.config.MachineOptions;
import java.util.Map;

/**
 * About the nodes of a process.
 *
 * @param present whether the process is a node at all
 * @param kubeletAddress where the kubelet's API listens
 * @param labels labels of the node beside those every node has
 * @param kubelet what was chosen in a KubeletConfiguration
 * @param maxLayerBytes a layer of an image that unpacks to more is refused by the built-in runtime
 * @param proxy what kube-proxy does on the machine beside leading Services to their endpoints
 * @param simulation nodes beside the real one that only pretend
 */
public record NodeOptions(
    boolean present,
    String kubeletAddress,
    Map<String, String> labels,
    KubeletConfiguration kubelet,
    long maxLayerBytes,
    MachineOptions proxy,
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
          MachineOptions.NONE,
          SimulationOptions.NONE);

  /** A control plane alone: its nodes are other machines. */
  public static final NodeOptions NO_NODE =
      new NodeOptions(
          false,
          "",
          Map.of(),
          KubeletConfiguration.DEFAULT,
          MAX_LAYER,
          MachineOptions.NONE,
          SimulationOptions.NONE);

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
        MachineOptions.NONE,
        SimulationOptions.NONE);
  }

  public NodeOptions withSimulation(SimulationOptions nodes) {
    return new NodeOptions(present, kubeletAddress, labels, kubelet, maxLayerBytes, proxy, nodes);
  }

  public NodeOptions withKubelet(KubeletConfiguration configuration) {
    return new NodeOptions(
        present, kubeletAddress, labels, configuration, maxLayerBytes, proxy, simulation);
  }

  public NodeOptions withMaxLayerBytes(long most) {
    return new NodeOptions(present, kubeletAddress, labels, kubelet, most, proxy, simulation);
  }

  public NodeOptions withProxy(MachineOptions machine) {
    return new NodeOptions(
        present, kubeletAddress, labels, kubelet, maxLayerBytes, machine, simulation);
  }
}
