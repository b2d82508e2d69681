package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.CDIDevice;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.Device;
import dev.coracle.cri.v1.KeyValue;
import dev.coracle.cri.v1.Mount;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a container gets beside its spec for the devices, CPUs and memory it holds.
 *
 * @param cpus the CPUs it may run on, as the kernel lists them; empty for all
 * @param memoryNodes the NUMA nodes its memory comes from, likewise
 */
public record ContainerExtras(
    Map<String, String> env,
    List<Mount> mounts,
    List<Device> devices,
    Map<String, String> annotations,
    List<String> cdiDevices,
    String cpus,
    String memoryNodes) {

  public static final ContainerExtras NONE =
      new ContainerExtras(Map.of(), List.of(), List.of(), Map.of(), List.of(), "", "");

  /** Where they come from. */
  @FunctionalInterface
  public interface Source {
    /**
     * Called before each start of the container; may block.
     *
     * @throws ConfigException when the container cannot be started now
     */
    ContainerExtras of(Pod pod, ContainerSpec container);
  }

  public ContainerExtras {
    env = Map.copyOf(env);
    mounts = List.copyOf(mounts);
    devices = List.copyOf(devices);
    annotations = Map.copyOf(annotations);
    cdiDevices = List.copyOf(cdiDevices);
  }

  public ContainerExtras and(ContainerExtras more) {
    Map<String, String> allEnv = new LinkedHashMap<>(env);
    allEnv.putAll(more.env);
    Map<String, String> allAnnotations = new LinkedHashMap<>(annotations);
    allAnnotations.putAll(more.annotations);
    return new ContainerExtras(
        allEnv,
        concat(mounts, more.mounts),
        concat(devices, more.devices),
        allAnnotations,
        concat(cdiDevices, more.cdiDevices),
        cpus.isEmpty() ? more.cpus : cpus,
        memoryNodes.isEmpty() ? more.memoryNodes : memoryNodes);
  }

  private static <T> List<T> concat(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    second.stream().filter(t -> !all.contains(t)).forEach(all::add);
    return all;
  }

  /** What the spec itself says wins over a plugin's word. */
  void addTo(ContainerConfig.Builder out) {
    if (equals(NONE)) {
      return;
    }
    Set<String> named = new HashSet<>();
    out.getEnvsList().forEach(e -> named.add(e.getKey()));
    env.forEach((k, v) -> {
      if (named.add(k)) {
        out.addEnvs(KeyValue.newBuilder().setKey(k).setValue(v));
      }
    });
    Set<String> places = new HashSet<>();
    out.getMountsList().forEach(m -> places.add(m.getContainerPath()));
    for (Mount mount : mounts) {
      if (places.add(mount.getContainerPath())) {
        out.addMounts(mount);
      }
    }
    out.addAllDevices(devices);
    annotations.forEach(out::putAnnotations);
    cdiDevices.forEach(name -> out.addCDIDevices(CDIDevice.newBuilder().setName(name)));
    if (!cpus.isEmpty()) {
      out.getLinuxBuilder().getResourcesBuilder().setCpusetCpus(cpus);
    }
    if (!memoryNodes.isEmpty()) {
      out.getLinuxBuilder().getResourcesBuilder().setCpusetMems(memoryNodes);
    }
  }
}
