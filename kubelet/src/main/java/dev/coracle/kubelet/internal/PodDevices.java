package dev.coracle.kubelet.internal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.kubelet.internal.cpu.CpuManager;
import dev.coracle.kubelet.internal.device.DeviceManager;
import dev.coracle.kubelet.internal.dra.DraManager;
import dev.coracle.kubelet.internal.memory.MemoryManager;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerExtras;
import dev.coracle.kubelet.internal.runtime.NodeDevices;
import dev.coracle.kubelet.internal.topology.TopologyManager;
import java.util.List;
import java.util.Map;

/**
 * What pods hold: CPUs and memory of their own, extended resources, and devices of claims, as one.
 */
record PodDevices(
    TopologyManager topology,
    CpuManager cpus,
    MemoryManager memory,
    DeviceManager devices,
    DraManager claims)
    implements NodeDevices {

  @Override
  public void allocate(Pod pod) throws Refused, NotReady {
    topology.allocate(pod);
    claims.prepare(pod);
  }

  @Override
  public void release(String podUid) throws NotReady {
    topology.release(podUid);
    cpus.release(podUid);
    memory.release(podUid);
    devices.release(podUid);
    claims.unprepare(podUid);
  }

  @Override
  public ArrayNode health(Pod pod, ContainerSpec container) {
    return devices.health(pod, container).addAll(claims.health(pod, container));
  }

  @Override
  public ContainerExtras of(Pod pod, ContainerSpec container) {
    ContainerExtras own =
        new ContainerExtras(
            Map.of(),
            List.of(),
            List.of(),
            Map.of(),
            List.of(),
            cpus.of(pod.uid(), container.name()).toString(),
            memory.nodes(pod.uid(), container.name()));
    return own.and(devices.of(pod, container)).and(claims.of(pod, container));
  }
}
