package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.ContainerAllocateResponse;
import dev.coracle.kubelet.internal.runtime.ContainerExtras;
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

  /** What its plugin has said that the container gets for them. */
  ContainerExtras extras() {
    ContainerAllocateResponse r = response;
    return new ContainerExtras(
        r.getEnvsMap(),
        r.getMountsList().stream()
            .map(m ->
                dev.coracle.cri.v1.Mount.newBuilder()
                    .setContainerPath(m.getContainerPath())
                    .setHostPath(m.getHostPath())
                    .setReadonly(m.getReadOnly())
                    .build())
            .toList(),
        r.getDevicesList().stream()
            .map(d ->
                dev.coracle.cri.v1.Device.newBuilder()
                    .setContainerPath(d.getContainerPath())
                    .setHostPath(d.getHostPath())
                    .setPermissions(d.getPermissions())
                    .build())
            .toList(),
        r.getAnnotationsMap(),
        r.getCdiDevicesList().stream().map(d -> d.getName()).toList(),
        "",
        "");
  }
}
