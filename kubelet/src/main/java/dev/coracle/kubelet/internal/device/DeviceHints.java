package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** From which NUMA nodes so many devices could come. A device may be near to several. Pure. */
final class DeviceHints {

  private DeviceHints() {}

  /** Whether it matters where they come from: some of them say where they are. */
  static boolean isAligned(Collection<Device> devices) {
    return devices.stream().anyMatch(Device::hasTopology);
  }

  /**
   * @param devices all of the resource
   * @param free ids of those that can be given
   * @param reuse ids of those of the pod itself, all of which are taken again
   */
  static List<TopologyHint> of(
      NumaMask all,
      Collection<Device> devices,
      Collection<String> free,
      Collection<String> reuse,
      int count) {
    List<Device> again = devices.stream().filter(d -> reuse.contains(d.getID())).toList();
    List<Device> rest =
        devices.stream()
            .filter(d -> free.contains(d.getID()) && !reuse.contains(d.getID()))
            .toList();
    int narrowest =
        all.parts()
            .filter(part -> on(part, devices).size() >= count)
            .mapToInt(NumaMask::count)
            .min()
            .orElse(all.count());
    return all.parts()
        .filter(part -> again.stream().allMatch(d -> !d.hasTopology() || isOn(part, d)))
        .filter(part -> on(part, again).size() + on(part, rest).size() >= count)
        .map(part -> new TopologyHint(part, part.count() == narrowest))
        .toList();
  }

  /** Ids of the devices that are near to one of the nodes. */
  static Set<String> on(NumaMask nodes, Collection<Device> devices) {
    return devices.stream()
        .filter(d -> isOn(nodes, d))
        .map(Device::getID)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static boolean isOn(NumaMask nodes, Device device) {
    return device.getTopology().getNodesList().stream()
        .anyMatch(n -> n.getID() < Integer.MAX_VALUE && nodes.has((int) n.getID()));
  }
}
