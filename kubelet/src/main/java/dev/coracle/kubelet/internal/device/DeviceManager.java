package dev.coracle.kubelet.internal.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.deviceplugin.v1beta1.DevicePluginOptions;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.PluginMetrics;
import dev.coracle.kubelet.internal.plugin.PluginHandler;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ConfigException;
import dev.coracle.kubelet.internal.runtime.ContainerExtras;
import dev.coracle.kubelet.internal.runtime.NodeDevices;
import dev.coracle.kubelet.internal.runtime.NodeDevices.Refused;
import dev.coracle.kubelet.internal.topology.HintProvider;
import dev.coracle.kubelet.internal.topology.NumaMask;
import dev.coracle.kubelet.internal.topology.TopologyHint;
import dev.coracle.kubelet.spi.CriException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices of this node: which plugins tell of which, and which pods hold which. A plugin that
 * ends takes its devices' health with it, and its resource five minutes later; what runs goes on.
 *
 * <p>State is guarded by this; plugins are called without the lock, so that one that hangs holds up
 * nobody but the pods that want its devices.
 */
public final class DeviceManager implements PluginHandler, HintProvider, ContainerExtras.Source {

  /** How many devices of a resource there are, and how many of them can be given to pods. */
  public record Count(long capacity, long allocatable) {}

  public static final String VERSION = "v1beta1";

  private static final Logger LOG = LoggerFactory.getLogger(DeviceManager.class);
  private static final Duration GRACE = Duration.ofMinutes(5);

  private final Vertx vertx;
  private final Timers timers;
  private final NumaMask numa;
  private final PluginMetrics metrics;
  private final Runnable changed;
  private final Consumer<String> touched;
  private final DeviceCheckpoint checkpoint;
  private final Map<String, DeviceStock> stocks = new TreeMap<>();
  private final DeviceHoldings holdings = new DeviceHoldings();

  /**
   * @param numa the machine's NUMA nodes
   * @param file where is kept what pods hold
   * @param changed hears that counts have changed
   * @param touched hears the uid of a pod one of whose devices has another health than before
   */
  public DeviceManager(
      Vertx vertx,
      Timers timers,
      NumaMask numa,
      Path file,
      PluginMetrics metrics,
      Runnable changed,
      Consumer<String> touched) {
    this.vertx = vertx;
    this.timers = timers;
    this.numa = numa;
    this.metrics = metrics;
    this.changed = changed;
    this.touched = touched;
    this.checkpoint = new DeviceCheckpoint(file);
  }

  /** Reads what pods hold; before the first pod is looked at. */
  public synchronized void restore() {
    DeviceCheckpoint.State state = checkpoint.read();
    holdings.add(state.allocations());
    state.resources().forEach(r -> stocks.put(r, new DeviceStock()));
  }

  // Plugins.

  @Override
  public void register(Plugin plugin) {
    if (!plugin.versions().contains(VERSION)) {
      throw new IllegalArgumentException(
          "manager only supports version " + VERSION + " of the device plugin API");
    }
    register(plugin.name(), plugin.endpoint(), Optional.empty());
  }

  @Override
  public void deregister(Plugin plugin) {
    DevicePlugin gone;
    synchronized (this) {
      DeviceStock stock = stocks.get(plugin.name());
      gone = stock == null ? null : stock.plugin();
    }
    if (gone != null) {
      ended(plugin.name(), gone);
    }
  }

  /**
   * @param options what it has told; empty: it is asked
   */
  void register(String resource, String socket, Optional<DevicePluginOptions> options) {
    if (!isExtended(resource)) {
      throw new IllegalArgumentException("the ResourceName \"" + resource + "\" is invalid");
    }
    DevicePlugin plugin = DevicePlugin.connect(vertx, socket, options);
    DevicePlugin before;
    synchronized (this) {
      DeviceStock stock = stocks.computeIfAbsent(resource, _ -> new DeviceStock());
      before = stock.plugin();
      stock.plugin(plugin);
    }
    if (before != null) {
      before.close();
    }
    plugin.listen(
        devices -> told(resource, plugin, devices),
        failure -> {
          LOG.atInfo()
              .addKeyValue("resource", resource)
              .addKeyValue("why", failure.getMessage())
              .log("A device plugin has ended");
          ended(resource, plugin);
        });
  }

  /** {@code vendor.example/thing}, and not one of Kubernetes' own. */
  static boolean isExtended(String resource) {
    int slash = resource.indexOf('/');
    return slash > 0
        && slash == resource.lastIndexOf('/')
        && slash < resource.length() - 1
        && !resource.substring(0, slash).endsWith("kubernetes.io")
        && !resource.startsWith("requests.")
        && resource.length() < 254;
  }

  private void told(String resource, DevicePlugin plugin, List<Device> devices) {
    boolean news;
    Set<String> holders;
    synchronized (this) {
      DeviceStock stock = stocks.get(resource);
      if (stock == null || stock.plugin() != plugin) {
        return;
      }
      boolean first = !stock.told();
      Map<String, String> before = stock.healths();
      news = stock.replace(devices);
      holders = holders(resource, before, stock);
      if (first) {
        save();
      }
    }
    if (news) {
      changed.run();
    }
    holders.forEach(touched);
  }

  /** The pods that hold a device whose health is another than it was. */
  private Set<String> holders(String resource, Map<String, String> before, DeviceStock stock) {
    Map<String, String> now = stock.healths();
    Set<String> out = new HashSet<>();
    for (DeviceAllocation a : holdings.all()) {
      if (a.resource().equals(resource)
          && a.ids().stream().anyMatch(id -> !Objects.equals(before.get(id), now.get(id)))) {
        out.add(a.podUid());
      }
    }
    return out;
  }

  /** As in {@link NodeDevices#health}. */
  public synchronized ArrayNode health(Pod pod, ContainerSpec container) {
    ArrayNode out = Json.array();
    for (DeviceAllocation a : holdings.all()) {
      if (!a.isOf(pod.uid(), container.name())) {
        continue;
      }
      DeviceStock stock = stocks.get(a.resource());
      Map<String, String> healths = stock == null ? Map.of() : stock.healths();
      ArrayNode resources = out.addObject().put("name", a.resource()).putArray("resources");
      for (String id : a.ids()) {
        resources
            .addObject()
            .put("resourceID", id)
            .put("health", healths.getOrDefault(id, "Unknown"));
      }
    }
    return out;
  }

  private void ended(String resource, DevicePlugin plugin) {
    Set<String> holders;
    synchronized (this) {
      DeviceStock stock = stocks.get(resource);
      if (stock == null || stock.plugin() != plugin) {
        return;
      }
      Map<String, String> before = stock.healths();
      stock.unhealthy();
      holders = holders(resource, before, stock);
      timers.after(GRACE, () -> forgetEnded(resource, stock));
    }
    plugin.close();
    changed.run();
    holders.forEach(touched);
  }

  private void forgetEnded(String resource, DeviceStock stock) {
    Set<String> holders;
    synchronized (this) {
      if (stocks.get(resource) != stock || stock.plugin() != null) {
        return;
      }
      Map<String, String> before = stock.healths();
      stock.replace(List.of());
      holders = holders(resource, before, stock);
    }
    changed.run();
    holders.forEach(touched);
  }

  /** What the Node tells. A resource whose plugin is gone for good stays, with nothing of it. */
  public synchronized Map<String, Count> counts() {
    Map<String, Count> out = new TreeMap<>();
    stocks.forEach((r, s) -> out.put(r, new Count(s.capacity(), s.healthy())));
    return out;
  }

  // Pods.

  @Override
  public void allocate(Pod pod, ContainerSpec container, TopologyHint hint) throws Refused {
    for (var e : wanted(container).entrySet()) {
      allocate(pod, container, e.getKey(), e.getValue(), hint);
    }
  }

  @Override
  public synchronized Map<String, List<TopologyHint>> hints(Pod pod, ContainerSpec container) {
    Map<String, List<TopologyHint>> out = new TreeMap<>();
    wanted(container)
        .forEach((resource, count) ->
            hint(
                out,
                resource,
                count,
                holdings.of(pod, container, resource),
                holdings.reusable(pod, container, resource)));
    return out;
  }

  @Override
  public synchronized Map<String, List<TopologyHint>> hints(Pod pod) {
    Set<String> resources = new TreeSet<>();
    HintProvider.containers(pod).forEach(c -> resources.addAll(wanted(c).keySet()));
    Map<String, List<TopologyHint>> out = new TreeMap<>();
    for (String resource : resources) {
      Set<String> has = new HashSet<>();
      HintProvider.containers(pod).forEach(c -> has.addAll(holdings.of(pod, c, resource)));
      long count = HintProvider.together(pod, c -> wanted(c).getOrDefault(resource, 0));
      hint(out, resource, (int) Math.min(Integer.MAX_VALUE, count), has, Set.of());
    }
    return out;
  }

  /**
   * @param has what is held of it already
   */
  private void hint(
      Map<String, List<TopologyHint>> out,
      String resource,
      int count,
      Collection<String> has,
      Set<String> reuse) {
    DeviceStock stock = stocks.get(resource);
    if (stock == null || !DeviceHints.isAligned(stock.all())) {
      return;
    }
    if (!has.isEmpty()) {
      out.put(
          resource,
          has.size() == count
              ? DeviceHints.of(numa, stock.all(), has, Set.of(), count)
              : List.of());
      return;
    }
    Set<String> free = stock.free(holdings.held(resource)).keySet();
    out.put(resource, DeviceHints.of(numa, stock.all(), free, reuse, count));
  }

  private synchronized Map<String, Integer> wanted(ContainerSpec container) {
    Map<String, Integer> out = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> limit : container.limits().properties()) {
      Quantity amount = Quantity.tryParse(limit.getValue().asText());
      if (stocks.containsKey(limit.getKey()) && amount != null && amount.signum() > 0) {
        out.put(limit.getKey(), (int) Math.min(Integer.MAX_VALUE, amount.longValue()));
      }
    }
    return out;
  }

  private void allocate(
      Pod pod, ContainerSpec container, String resource, int count, TopologyHint hint)
      throws Refused {
    DevicePlugin plugin;
    Map<String, Device> free;
    Set<String> reuse;
    synchronized (this) {
      if (!holdings.of(pod, container, resource).isEmpty()) {
        return;
      }
      reuse = holdings.reusable(pod, container, resource);
      DeviceStock stock = stocks.get(resource);
      plugin = stock == null ? null : stock.plugin();
      if (stock == null || plugin == null || !stock.told()) {
        throw Refused.unexpected(
            "no healthy devices present; cannot allocate unhealthy devices " + resource);
      }
      Set<String> held = holdings.held(resource);
      held.removeAll(reuse);
      free = stock.free(held);
      if (free.size() < count) {
        throw Refused.unexpected(
            "requested number of devices unavailable for "
                + resource
                + ". Requested: "
                + count
                + ", Available: "
                + free.size());
      }
    }
    Set<String> must = new LinkedHashSet<>(reuse);
    NumaMask nodes = hint.nodes();
    if (nodes != null) {
      Set<String> near = DeviceHints.on(nodes, free.values());
      near.addAll(reuse);
      near.retainAll(free.keySet());
      if (near.size() >= count) {
        free.keySet().retainAll(near);
      } else {
        must.addAll(near);
      }
    }
    try {
      Collection<String> preferred = plugin.preferred(free.keySet(), must, count);
      List<String> ids = promise(resource, free, reuse, must, preferred, count);
      try {
        keep(
            new DeviceAllocation(
                pod.uid(),
                container.name(),
                resource,
                ids,
                metrics.allocating(resource, () -> plugin.allocate(ids))));
      } finally {
        unpromise(resource, ids);
      }
    } catch (CriException e) {
      throw Refused.unexpected(e.describe());
    }
  }

  /** Another pod may have taken some meanwhile. */
  private synchronized List<String> promise(
      String resource,
      Map<String, Device> free,
      Set<String> reuse,
      Set<String> must,
      Collection<String> preferred,
      int count)
      throws Refused {
    Set<String> held = holdings.held(resource);
    held.removeAll(reuse);
    Map<String, Device> left = new TreeMap<>(free);
    left.keySet().removeAll(held);
    List<String> ids = DeviceChoice.of(left, must, preferred, count);
    if (ids.size() < count) {
      throw Refused.unexpected(
          "requested number of devices unavailable for "
              + resource
              + ". Requested: "
              + count
              + ", Available: "
              + ids.size());
    }
    holdings.promise(resource, ids);
    return ids;
  }

  private synchronized void unpromise(String resource, List<String> ids) {
    holdings.unpromise(resource, ids);
  }

  private synchronized void keep(DeviceAllocation allocation) {
    holdings.add(List.of(allocation));
    save();
  }

  private void save() {
    try {
      checkpoint.write(new DeviceCheckpoint.State(holdings.all(), List.copyOf(stocks.keySet())));
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("why", e.getMessage())
          .log("Which devices pods hold cannot be written");
    }
  }

  /** The pod has ended: others may have what it held. */
  public synchronized void release(String podUid) {
    if (holdings.release(podUid)) {
      save();
    }
  }

  /** Of pods that are gone while the kubelet was away. */
  public synchronized void keepOnly(Collection<String> podUids) {
    if (holdings.keepOnly(podUids)) {
      save();
    }
  }

  synchronized List<DeviceAllocation> allocations() {
    return holdings.all();
  }

  synchronized Map<String, List<Device>> devices() {
    Map<String, List<Device>> out = new TreeMap<>();
    stocks.forEach((r, s) -> out.put(r, s.all()));
    return out;
  }

  @Override
  public ContainerExtras of(Pod pod, ContainerSpec container) {
    ContainerExtras extras = ContainerExtras.NONE;
    for (DeviceAllocation a : allocations()) {
      if (a.isOf(pod.uid(), container.name())) {
        preStart(a);
        extras = extras.and(a.extras());
      }
    }
    return extras;
  }

  private void preStart(DeviceAllocation allocation) {
    @Nullable DevicePlugin plugin;
    synchronized (this) {
      DeviceStock stock = stocks.get(allocation.resource());
      plugin = stock == null ? null : stock.plugin();
    }
    if (plugin != null) {
      try {
        plugin.preStart(allocation.ids());
      } catch (CriException e) {
        throw new ConfigException(
            "device plugin PreStartContainer rpc failed with err: " + e.describe());
      }
    }
  }

  public synchronized void close() {
    stocks
        .values()
        .forEach(s -> {
          DevicePlugin plugin = s.plugin();
          s.plugin(null);
          if (plugin != null) {
            plugin.close();
          }
        });
  }
}
