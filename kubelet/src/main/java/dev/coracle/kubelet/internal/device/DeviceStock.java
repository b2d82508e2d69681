package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.Device;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What there is of one resource: its devices and its plugin. Guarded by its owner's lock. */
final class DeviceStock {
  private static final String HEALTHY = "Healthy";

  private final Map<String, Device> devices = new LinkedHashMap<>();
  private @Nullable DevicePlugin plugin;
  private boolean told;

  @Nullable DevicePlugin plugin() {
    return plugin;
  }

  /** Whether the plugin has told its devices since it registered. */
  boolean told() {
    return told;
  }

  void plugin(@Nullable DevicePlugin now) {
    plugin = now;
    told = false;
  }

  /** The plugin does not answer any more: its devices are there, but cannot be given. */
  void unhealthy() {
    plugin = null;
    told = false;
    devices.replaceAll((_, d) -> d.toBuilder().setHealth("Unhealthy").build());
  }

  /**
   * @return whether a count has changed, so that the node has something to tell
   */
  boolean replace(List<Device> list) {
    long before = healthy();
    int all = devices.size();
    boolean first = !told;
    told = true;
    devices.clear();
    for (Device device : list) {
      if (!device.getID().isEmpty()) {
        devices.put(device.getID(), device);
      }
    }
    return first || before != healthy() || all != devices.size();
  }

  int capacity() {
    return devices.size();
  }

  long healthy() {
    return devices.values().stream().filter(d -> d.getHealth().equals(HEALTHY)).count();
  }

  /** {@code Healthy} or {@code Unhealthy} by the devices' ids. */
  Map<String, String> healths() {
    Map<String, String> out = new HashMap<>();
    devices.forEach((id, d) -> out.put(id, d.getHealth().equals(HEALTHY) ? HEALTHY : "Unhealthy"));
    return out;
  }

  List<Device> all() {
    return List.copyOf(devices.values());
  }

  /** Healthy devices that nobody holds. */
  Map<String, Device> free(Collection<String> held) {
    Map<String, Device> free = new HashMap<>();
    devices.forEach((id, device) -> {
      if (device.getHealth().equals(HEALTHY) && !held.contains(id)) {
        free.put(id, device);
      }
    });
    return free;
  }
}
