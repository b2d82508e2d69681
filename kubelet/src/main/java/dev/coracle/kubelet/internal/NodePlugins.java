package dev.coracle.kubelet.internal;

import dev.coracle.client.Client;
import dev.coracle.kubelet.config.TopologyManagement;
import dev.coracle.kubelet.internal.cpu.CpuManager;
import dev.coracle.kubelet.internal.csi.CsiDrivers;
import dev.coracle.kubelet.internal.device.DeviceManager;
import dev.coracle.kubelet.internal.device.DeviceRegistration;
import dev.coracle.kubelet.internal.device.PodResourcesServer;
import dev.coracle.kubelet.internal.dra.DraManager;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.memory.MemoryManager;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.plugin.PluginWatcher;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.NodeDevices;
import dev.coracle.kubelet.internal.topology.NumaNodes;
import dev.coracle.kubelet.internal.topology.TopologyManager;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that talks with plugins over sockets below the kubelet's directory, as upstream lays
 * it out: {@code device-plugins}, {@code plugins_registry}, {@code pod-resources}. A node whose
 * sockets cannot be made says so in the log and runs pods without devices.
 */
public final class NodePlugins {
  private static final Logger LOG = LoggerFactory.getLogger(NodePlugins.class);

  private final Vertx vertx;
  private final Timers timers;
  private final Path root;
  private final boolean sockets;
  private final Supplier<Collection<Pod>> pods;
  private final CpuManager cpus;
  private final MemoryManager memory;
  private final DeviceManager devices;
  private final TopologyManager topology;
  private final CsiDrivers csi;
  private final DraManager claims;
  private final KubeletMetrics metrics;
  private final List<Supplier<Future<Void>>> open = new ArrayList<>();
  private boolean closed;

  /**
   * @param root the kubelet's directory
   * @param cpus who has CPUs alone, which monitoring agents are told
   * @param memory who has memory alone, likewise
   * @param numa where the machine's memory is
   * @param alignment whether what a container has comes from the same NUMA nodes
   * @param sockets whether sockets are made and looked for, which simulated nodes do without
   * @param changed hears that the node has other devices than before
   * @param touched hears the uid of a pod whose devices fare otherwise than before
   * @param came hears of storage drivers that have come
   * @param pods those that have not ended
   */
  public NodePlugins(
      Vertx vertx,
      Client client,
      Timers timers,
      String nodeName,
      Path root,
      CpuManager cpus,
      MemoryManager memory,
      NumaNodes numa,
      TopologyManagement alignment,
      KubeletMetrics metrics,
      boolean sockets,
      Runnable changed,
      Consumer<String> touched,
      Runnable came,
      Supplier<Collection<Pod>> pods) {
    this.vertx = vertx;
    this.timers = timers;
    this.root = root;
    this.cpus = cpus;
    this.memory = memory;
    this.sockets = sockets;
    this.pods = pods;
    this.metrics = metrics;
    this.devices =
        new DeviceManager(
            vertx,
            timers,
            numa.all(),
            root.resolve("device-plugins").resolve(DeviceRegistration.CHECKPOINT),
            metrics.plugins(),
            changed,
            touched);
    this.topology = new TopologyManager(alignment, numa, List.of(cpus, memory, devices), metrics);
    this.csi = new CsiDrivers(vertx, client, nodeName, metrics.plugins(), came);
    this.claims = new DraManager(vertx, timers, root.resolve("dra_manager_state"), touched);
  }

  public DraManager claims() {
    return claims;
  }

  /** What pods hold. */
  public NodeDevices held() {
    return new PodDevices(topology, cpus, memory, devices, claims);
  }

  public CpuManager cpus() {
    return cpus;
  }

  public CsiDrivers csi() {
    return csi;
  }

  public DeviceManager devices() {
    return devices;
  }

  /** Nothing of what gone pods held, while the kubelet was away, is held any more. */
  public void keepOnly(Collection<String> podUids) {
    topology.keepOnly(podUids);
    cpus.keepOnly(podUids);
    memory.keepOnly(podUids);
    devices.keepOnly(podUids);
  }

  /** Before the first pod is looked at. */
  public void restore() {
    cpus.restore();
    memory.restore();
    devices.restore();
    claims.restore();
  }

  /** Makes the sockets and looks for plugins. Blocks, off the way of the node's own start. */
  public synchronized void start() {
    if (!sockets || closed) {
      return;
    }
    DeviceRegistration registration =
        new DeviceRegistration(
            vertx, timers, root.resolve("device-plugins"), devices, metrics.plugins());
    PodResourcesServer podResources =
        new PodResourcesServer(
            vertx,
            timers,
            root.resolve("pod-resources").resolve("kubelet.sock"),
            devices,
            cpus,
            memory,
            claims::resources,
            pods,
            metrics.plugins());
    PluginWatcher watcher =
        new PluginWatcher(
            vertx,
            timers,
            root.resolve("plugins_registry"),
            Map.of(
                "DevicePlugin", devices, CsiDrivers.TYPE, csi, DraManager.TYPE, claims.drivers()));
    open(registration::start, registration::close);
    open(podResources::start, podResources::close);
    open(
        watcher::start,
        () -> {
          watcher.close();
          return Future.succeededFuture();
        });
  }

  private interface Start {
    void run() throws IOException;
  }

  /** One that cannot be had keeps no other from being had. */
  private void open(Start start, Supplier<Future<Void>> close) {
    open.add(close);
    try {
      start.run();
    } catch (IOException | IllegalArgumentException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("Plugins cannot be used on this node");
    }
  }

  /** Done when the sockets are free for the next kubelet. */
  public synchronized Future<Void> close() {
    closed = true;
    List<Future<Void>> ends = open.reversed().stream().map(Supplier::get).toList();
    open.clear();
    devices.close();
    csi.close();
    claims.close();
    return Future.join(ends).mapEmpty();
  }
}
