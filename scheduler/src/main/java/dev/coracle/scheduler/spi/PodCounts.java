package dev.coracle.scheduler.spi;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Sums over the pods of all nodes that decisions ask for, kept up as pods come and go. Owned by the
 * scheduler's context.
 */
public final class PodCounts {

  private final Map<String, SlotCounts> perController = new HashMap<>();
  private int affine;
  private int antiAffine;

  /** Whether some pod has a wish or a demand about others that are near it. */
  public boolean anyAffinity() {
    return affine > 0;
  }

  /** Whether some pod has required anti-affinity, which newcomers must respect. */
  public boolean anyAntiAffinity() {
    return antiAffine > 0;
  }

  /** How many pods of this controller, by its uid, a node has. */
  public ToIntFunction<NodeInfo> ofController(String uid) {
    SlotCounts counts = perController.get(uid);
    return counts == null ? _ -> 0 : node -> counts.get(node.slot());
  }

  void add(int slot, PodInfo pod) {
    count(slot, pod, 1);
  }

  void remove(int slot, PodInfo pod) {
    count(slot, pod, -1);
  }

  private void count(int slot, PodInfo pod, int sign) {
    antiAffine += pod.antiAffinity().isEmpty() ? 0 : sign;
    affine += pod.hasAffinity() ? sign : 0;
    String controller = pod.controllerUid();
    if (!controller.isEmpty()) {
      SlotCounts counts = perController.computeIfAbsent(controller, _ -> new SlotCounts());
      counts.add(slot, sign);
      if (counts.isEmpty()) {
        perController.remove(controller);
      }
    }
  }
}
