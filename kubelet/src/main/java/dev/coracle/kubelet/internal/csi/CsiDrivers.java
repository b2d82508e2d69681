package dev.coracle.kubelet.internal.csi;

import dev.coracle.client.Client;
import dev.coracle.csi.v1.NodeGetInfoResponse;
import dev.coracle.kubelet.internal.metrics.PluginMetrics;
import dev.coracle.kubelet.internal.plugin.PluginHandler;
import dev.coracle.kubelet.spi.CriException;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The storage drivers that have registered on this node, by name. Safe for any thread. */
public final class CsiDrivers implements PluginHandler, AutoCloseable {
  public static final String TYPE = "CSIPlugin";
  private static final Logger LOG = LoggerFactory.getLogger(CsiDrivers.class);

  private final Vertx vertx;
  private final CsiNodeObject node;
  private final PluginMetrics metrics;
  private final Runnable came;
  private final Map<String, CsiDriver> drivers = new ConcurrentHashMap<>();
  private final CsiAllocatable allocatable;
  private volatile Consumer<String> arrival = _ -> {};

  /**
   * @param came hears of each driver that has come: what waited for it can go on
   */
  public CsiDrivers(
      Vertx vertx, Client client, String nodeName, PluginMetrics metrics, Runnable came) {
    this.vertx = vertx;
    this.metrics = metrics;
    this.node = new CsiNodeObject(client, nodeName);
    this.allocatable =
        new CsiAllocatable(vertx, client, node, name -> Optional.ofNullable(drivers.get(name)));
    this.came = came;
  }

  /** Whoever hears of each driver that has come, by its name. */
  void onArrival(Consumer<String> listener) {
    arrival = listener;
  }

  @Override
  public void register(Plugin plugin) {
    if (plugin.versions().stream().noneMatch(v -> v.matches("v?1(\\..*)?"))) {
      throw new IllegalArgumentException(
          "plugin validation failed for csi driver "
              + plugin.name()
              + ": none of the CSI versions "
              + plugin.versions()
              + " are supported");
    }
    CsiDriver before = drivers.get(plugin.name());
    if (before != null && !before.endpoint().equals(plugin.endpoint())) {
      LOG.atInfo().addKeyValue("driver", plugin.name()).log("A CSI driver has moved");
    }
    CsiDriver driver = CsiDriver.connect(vertx, plugin.name(), plugin.endpoint(), metrics);
    try {
      NodeGetInfoResponse info = driver.info();
      node.add(plugin.name(), info);
    } catch (RuntimeException e) {
      driver.close();
      throw e instanceof CriException
          ? e
          : new IllegalArgumentException(
              "error updating CSINode object with CSI driver node info: " + e.getMessage(), e);
    }
    drivers.put(plugin.name(), driver);
    if (before != null) {
      before.close();
    }
    allocatable.follow(plugin.name());
    came.run();
    arrival.accept(plugin.name());
  }

  @Override
  public void deregister(Plugin plugin) {
    CsiDriver driver = drivers.get(plugin.name());
    if (driver == null || !driver.endpoint().equals(plugin.endpoint())) {
      return;
    }
    drivers.remove(plugin.name(), driver);
    driver.close();
    node.remove(plugin.name());
  }

  /**
   * @throws IllegalArgumentException when it has not registered (yet)
   */
  CsiDriver get(String name) {
    CsiDriver driver = drivers.get(name);
    if (driver == null) {
      throw new IllegalArgumentException(
          "driver name " + name + " not found in the list of registered CSI drivers");
    }
    return driver;
  }

  CsiAllocatable allocatable() {
    return allocatable;
  }

  @Override
  public void close() {
    allocatable.close();
    drivers.values().forEach(CsiDriver::close);
    drivers.clear();
  }
}
