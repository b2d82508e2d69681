package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.kubelet.internal.cpu.CpuManager;
import dev.coracle.kubelet.internal.grpc.UnixServer;
import dev.coracle.kubelet.internal.memory.MemoryBlock;
import dev.coracle.kubelet.internal.memory.MemoryManager;
import dev.coracle.kubelet.internal.metrics.PluginMetrics;
import dev.coracle.kubelet.internal.metrics.PluginMetrics.Call;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.podresources.v1.AllocatableResourcesResponse;
import dev.coracle.podresources.v1.ContainerDevices;
import dev.coracle.podresources.v1.ContainerMemory;
import dev.coracle.podresources.v1.ContainerResources;
import dev.coracle.podresources.v1.DynamicResource;
import dev.coracle.podresources.v1.GetPodResourcesRequest;
import dev.coracle.podresources.v1.GetPodResourcesResponse;
import dev.coracle.podresources.v1.ListPodResourcesResponse;
import dev.coracle.podresources.v1.NUMANode;
import dev.coracle.podresources.v1.PodResources;
import dev.coracle.podresources.v1.PodResourcesListerGrpcService;
import dev.coracle.podresources.v1.TopologyInfo;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Tells monitoring agents which pod holds which devices, CPUs and memory (KEP-606), on {@code
 * pod-resources/kubelet.sock}.
 */
public final class PodResourcesServer {
  private final DeviceManager devices;
  private final CpuManager cpus;
  private final MemoryManager memory;
  private final BiFunction<Pod, ContainerSpec, List<DynamicResource>> claims;
  private final Supplier<Collection<Pod>> pods;
  private final PluginMetrics metrics;
  private final UnixServer server;

  /**
   * @param claims what a container has of its pod's claims
   * @param pods those that have not ended
   */
  public PodResourcesServer(
      Vertx vertx,
      Executor executor,
      Path socket,
      DeviceManager devices,
      CpuManager cpus,
      MemoryManager memory,
      BiFunction<Pod, ContainerSpec, List<DynamicResource>> claims,
      Supplier<Collection<Pod>> pods,
      PluginMetrics metrics) {
    this.metrics = metrics;
    this.devices = devices;
    this.cpus = cpus;
    this.memory = memory;
    this.claims = claims;
    this.pods = pods;
    this.server =
        new UnixServer(vertx, socket, executor)
            .handle(PodResourcesListerGrpcService.List, _ -> counted(Call.LIST, this::list))
            .handle(PodResourcesListerGrpcService.Get, r -> counted(Call.GET, () -> get(r)))
            .handle(
                PodResourcesListerGrpcService.GetAllocatableResources,
                _ -> counted(Call.GET_ALLOCATABLE, this::allocatable));
  }

  public void start() throws IOException {
    server.start();
  }

  private <T> T counted(Call call, Supplier<T> answer) {
    metrics.asked(call);
    try {
      return answer.get();
    } catch (RuntimeException e) {
      metrics.unanswered(call);
      throw e;
    }
  }

  private ListPodResourcesResponse list() {
    ListPodResourcesResponse.Builder out = ListPodResourcesResponse.newBuilder();
    pods.get().forEach(pod -> out.addPodResources(of(pod)));
    return out.build();
  }

  private GetPodResourcesResponse get(GetPodResourcesRequest request) {
    for (Pod pod : pods.get()) {
      if (pod.name().equals(request.getPodName())
          && pod.namespace().equals(request.getPodNamespace())) {
        return GetPodResourcesResponse.newBuilder().setPodResources(of(pod)).build();
      }
    }
    throw new IllegalArgumentException(
        "pod "
            + request.getPodName()
            + " in namespace "
            + request.getPodNamespace()
            + " not found");
  }

  private PodResources of(Pod pod) {
    PodResources.Builder out =
        PodResources.newBuilder().setName(pod.name()).setNamespace(pod.namespace());
    Map<String, List<Device>> known = devices.devices();
    for (ContainerSpec container : pod.allContainers()) {
      if (container.isInit() && !container.isSidecar()) {
        continue;
      }
      ContainerResources.Builder c = ContainerResources.newBuilder().setName(container.name());
      for (DeviceAllocation a : devices.allocations()) {
        if (a.isOf(pod.uid(), container.name())) {
          List<Device> held =
              known.getOrDefault(a.resource(), List.of()).stream()
                  .filter(d -> a.ids().contains(d.getID()))
                  .toList();
          c.addDevices(devices(a.resource(), a.ids(), held));
        }
      }
      cpus.exclusive(pod.uid(), container.name()).ids().forEach(c::addCpuIds);
      memory.of(pod.uid(), container.name()).forEach(block -> c.addMemory(memory(block)));
      c.addAllDynamicResources(claims.apply(pod, container));
      out.addContainers(c);
    }
    return out.build();
  }

  private AllocatableResourcesResponse allocatable() {
    AllocatableResourcesResponse.Builder out = AllocatableResourcesResponse.newBuilder();
    devices
        .devices()
        .forEach((resource, list) -> {
          for (Device device : list) {
            if (device.getHealth().equals("Healthy")) {
              out.addDevices(devices(resource, List.of(device.getID()), List.of(device)));
            }
          }
        });
    cpus.allocatable().ids().forEach(out::addCpuIds);
    memory.allocatable().forEach(block -> out.addMemory(memory(block)));
    return out.build();
  }

  private static ContainerMemory memory(MemoryBlock block) {
    TopologyInfo.Builder topology = TopologyInfo.newBuilder();
    block.nodes().nodes().forEach(n -> topology.addNodes(NUMANode.newBuilder().setID(n)));
    return ContainerMemory.newBuilder()
        .setMemoryType(block.type())
        .setSize(block.size())
        .setTopology(topology)
        .build();
  }

  private static ContainerDevices devices(String resource, List<String> ids, List<Device> known) {
    TopologyInfo.Builder topology = TopologyInfo.newBuilder();
    known.stream()
        .flatMap(d -> d.getTopology().getNodesList().stream())
        .mapToLong(n -> n.getID())
        .distinct()
        .forEach(n -> topology.addNodes(NUMANode.newBuilder().setID(n)));
    ContainerDevices.Builder out =
        ContainerDevices.newBuilder().setResourceName(resource).addAllDeviceIds(ids);
    return topology.getNodesCount() == 0 ? out.build() : out.setTopology(topology).build();
  }

  public Future<Void> close() {
    return server.close();
  }
}
