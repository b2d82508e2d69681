package dev.coracle.kubelet.internal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.kubelet.internal.device.DeviceManager;
import dev.coracle.kubelet.internal.dra.DraManager;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerExtras;
import dev.coracle.kubelet.internal.runtime.NodeDevices;

/** What pods hold by extended resources and what they hold by claims, as one. */
record PodDevices(DeviceManager devices, DraManager claims) implements NodeDevices {

  @Override
  public void allocate(Pod pod) throws Refused, NotReady {
    devices.allocate(pod);
    claims.prepare(pod);
  }

  @Override
  public void release(String podUid) throws NotReady {
    devices.release(podUid);
    claims.unprepare(podUid);
  }

  @Override
  public ArrayNode health(Pod pod, ContainerSpec container) {
    return devices.health(pod, container).addAll(claims.health(pod, container));
  }

  @Override
  public ContainerExtras of(Pod pod, ContainerSpec container) {
    return devices.of(pod, container).and(claims.of(pod, container));
  }
}
