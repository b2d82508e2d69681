package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.ContainerAllocateResponse;
import java.util.List;

/**
 * Devices of one resource that one container of one pod holds, and how it gets at them. Immutable.
 */
record DeviceAllocation(
    String podUid,
    String container,
    String resource,
    List<String> ids,
    ContainerAllocateResponse response) {

  DeviceAllocation {
    ids = List.copyOf(ids);
  }

  boolean isOf(String uid, String name) {
    return podUid.equals(uid) && container.equals(name);
  }
}
