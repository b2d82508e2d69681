package dev.coracle.kubelet.internal.dra;

import dev.coracle.dra.v1.Claim;
import dev.coracle.dra.v1.DRAPluginGrpcClient;
import dev.coracle.dra.v1.Device;
import dev.coracle.dra.v1.NodePrepareResourceResponse;
import dev.coracle.dra.v1.NodePrepareResourcesRequest;
import dev.coracle.dra.v1.NodeUnprepareResourceResponse;
import dev.coracle.dra.v1.NodeUnprepareResourcesRequest;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.internal.plugin.PluginHandler;
import dev.coracle.kubelet.internal.runtime.NodeDevices.NotReady;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The resource drivers that are registered on this node, and what they are asked. Thread-safe. */
public final class DraDrivers implements PluginHandler {
  private static final String SERVICE = "v1.DRAPlugin";
  private static final Duration LIMIT = Duration.ofSeconds(45);

  private record Driver(String endpoint, UnixChannel channel, DeviceHealths.Watch watch)
      implements AutoCloseable {
    @Override
    public void close() {
      watch.close();
      channel.close();
    }
  }

  private final Vertx vertx;
  private final DeviceHealths healths;
  private final Map<String, Driver> drivers = new ConcurrentHashMap<>();

  /**
   * @param healths listens to how the devices of each driver fare
   */
  DraDrivers(Vertx vertx, DeviceHealths healths) {
    this.vertx = vertx;
    this.healths = healths;
  }

  @Override
  public void register(Plugin plugin) {
    if (!plugin.versions().contains(SERVICE)) {
      throw new IllegalArgumentException(
          "DRA driver "
              + plugin.name()
              + ": none of the services "
              + plugin.versions()
              + " is supported, this kubelet speaks "
              + SERVICE);
    }
    Driver before = drivers.get(plugin.name());
    if (before != null) {
      before.watch.close();
    }
    UnixChannel channel = new UnixChannel(vertx, plugin.endpoint());
    drivers.put(
        plugin.name(),
        new Driver(plugin.endpoint(), channel, healths.watch(plugin.name(), channel)));
    if (before != null) {
      before.channel.close();
    }
  }

  @Override
  public void deregister(Plugin plugin) {
    Driver driver = drivers.get(plugin.name());
    if (driver != null && driver.endpoint.equals(plugin.endpoint())) {
      drivers.remove(plugin.name(), driver);
      driver.close();
    }
  }

  private UnixChannel driver(String name) throws NotReady {
    Driver driver = drivers.get(name);
    if (driver == null) {
      throw new NotReady("DRA driver " + name + " is not registered");
    }
    return driver.channel;
  }

  /** Has a driver make its devices of a claim ready. */
  List<Device> prepare(String driver, Claim claim) throws NotReady {
    String call = "NodePrepareResources";
    NodePrepareResourceResponse answer =
        only(
            call,
            claim.getUid(),
            driver(driver)
                .call(
                    DRAPluginGrpcClient.NodePrepareResources,
                    NodePrepareResourcesRequest.newBuilder().addClaims(claim).build(),
                    LIMIT)
                .getClaimsMap());
    check(call, claim, answer.getError());
    return answer.getDevicesList();
  }

  /** Has a driver undo that. */
  void unprepare(String driver, Claim claim) throws NotReady {
    String call = "NodeUnprepareResources";
    NodeUnprepareResourceResponse answer =
        only(
            call,
            claim.getUid(),
            driver(driver)
                .call(
                    DRAPluginGrpcClient.NodeUnprepareResources,
                    NodeUnprepareResourcesRequest.newBuilder().addClaims(claim).build(),
                    LIMIT)
                .getClaimsMap());
    check(call, claim, answer.getError());
  }

  /** The answer for the one claim that was asked about; a driver may answer anything. */
  private static <T> T only(String call, String claimUid, Map<String, T> answers) throws NotReady {
    for (String uid : answers.keySet()) {
      if (!uid.equals(claimUid)) {
        throw new NotReady(call + " returned result for unknown claim UID " + uid);
      }
    }
    T answer = answers.get(claimUid);
    if (answer == null) {
      throw new NotReady(call + " skipped 1 ResourceClaims");
    }
    return answer;
  }

  private static void check(String call, Claim claim, String error) throws NotReady {
    if (!error.isEmpty()) {
      throw new NotReady(call + " failed for ResourceClaim " + claim.getName() + ": " + error);
    }
  }

  void close() {
    drivers.values().forEach(Driver::close);
    drivers.clear();
  }
}
