package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.deviceplugin.v1beta1.NUMANode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Chooses devices: those of one NUMA node together where one has enough of them, as memory is
 * nearest then; in the order of their names otherwise. Pure.
 */
final class DeviceChoice {

  private DeviceChoice() {}

  /**
   * @param free to choose from; at least so many
   * @param preferred those that the plugin would rather give, whatever it says
   */
  static List<String> of(
      Map<String, Device> free, Collection<String> reuse, Collection<String> preferred, int count) {
    Set<String> chosen = new LinkedHashSet<>();
    take(chosen, reuse, free, count);
    take(chosen, preferred, free, count);
    if (chosen.size() < count) {
      take(chosen, nearest(free, chosen, count), free, count);
      take(chosen, new TreeMap<>(free).keySet(), free, count);
    }
    return new ArrayList<>(chosen);
  }

  private static void take(
      Set<String> chosen, Collection<String> from, Map<String, Device> free, int count) {
    for (String id : from) {
      if (chosen.size() < count && free.containsKey(id)) {
        chosen.add(id);
      }
    }
  }

  private static Collection<String> nearest(
      Map<String, Device> free, Set<String> chosen, int count) {
    Map<Long, Set<String>> byNode = new TreeMap<>();
    new TreeMap<>(free)
        .forEach((id, device) -> {
          for (NUMANode node : device.getTopology().getNodesList()) {
            byNode.computeIfAbsent(node.getID(), _ -> new LinkedHashSet<>()).add(id);
          }
        });
    for (Set<String> group : byNode.values()) {
      Set<String> together = new LinkedHashSet<>(chosen);
      together.addAll(group);
      if (group.containsAll(chosen) && together.size() >= count) {
        return group;
      }
    }
    return List.of();
  }
}
