package dev.coracle.proxy;

import java.util.Map;

/**
 * A pod of this node that has an address, as the container runtime knows it; there is one of these
 * for each address.
 *
 * @param sandboxId whose address it is: a pod may have several sandboxes, one after the other
 * @param uid of the Pod; of a static pod its own, which is not its mirror's
 * @param labels the Pod's at the time its sandbox was made
 * @param address of either IP family
 */
public record ConnectedPod(
    String sandboxId,
    String namespace,
    String name,
    String uid,
    Map<String, String> labels,
    String address) {

  public ConnectedPod {
    labels = Map.copyOf(labels);
  }
}
