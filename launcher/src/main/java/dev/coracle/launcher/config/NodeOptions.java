package dev.coracle.launcher.config;

import dev.coracle.kubelet.config.SimulationOptions;
import java.util.Map;

/**
 * About the nodes of a process.
 *
 * @param kubeletAddress where the kubelet's API listens
 * @param labels labels of the node beside those every node has
 * @param simulation nodes beside the real one that only pretend
 */
public record NodeOptions(
    String kubeletAddress, Map<String, String> labels, SimulationOptions simulation) {

  /** The node beside a control plane: kubectl shows its role, and it takes pods all the same. */
  public static final NodeOptions CONTROL_PLANE =
      new NodeOptions(
          "0.0.0.0", Map.of("node-role.kubernetes.io/control-plane", ""), SimulationOptions.NONE);

  public NodeOptions {
    labels = Map.copyOf(labels);
  }

  /** A node reached through its tunnel. */
  public static NodeOptions worker(Map<String, String> labels) {
    return new NodeOptions("127.0.0.1", labels, SimulationOptions.NONE);
  }

  public NodeOptions withSimulation(SimulationOptions nodes) {
    return new NodeOptions(kubeletAddress, labels, nodes);
  }
}
