package dev.coracle.apiserver.internal.service;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the pools in memory know what other API servers take and give back, and has claims repaired
 * from time to time.
 */
public final class SharedAllocation {

  private static final Logger LOG = LoggerFactory.getLogger(SharedAllocation.class);
  private static final long REPAIR_MILLIS = 600_000;

  private final Vertx vertx;
  private final ServicePools pools;
  private final LiveCache addresses;
  private final LiveCache ports;
  private final ServiceRanges ranges;
  private final ClaimRepair repair;
  private final ServiceAllocation allocation;
  private long timer = -1;

  /**
   * @param calls as the server itself; asked for when something is written
   */
  public SharedAllocation(
      Vertx vertx,
      ResourceStore store,
      ServicePools pools,
      AllocationMeters meters,
      Supplier<ApiCalls> calls,
      Clock clock) {
    this.vertx = vertx;
    this.pools = pools;
    Claims claims = new Claims(store, clock, pools.portRange());
    allocation = new ServiceAllocation(pools, claims, meters);
    repair = new ClaimRepair(store, pools, claims, clock);
    addresses = new LiveCache(vertx, store, Claims.ADDRESSES).listen(this::address);
    ports = new LiveCache(vertx, store, Claims.RANGES).listen(this::ports);
    ranges = new ServiceRanges(vertx, store, pools, meters, calls, addresses::all, clock);
  }

  public ServiceAllocation allocation() {
    return allocation;
  }

  /** Completes when everything that is taken is known. */
  public Uni<Void> start() {
    return addresses
        .start()
        .chain(ranges::start)
        .chain(ports::start)
        .chain(repair::run)
        .invoke(() -> timer = vertx.setPeriodic(REPAIR_MILLIS, _ -> again()));
  }

  public void stop() {
    vertx.cancelTimer(timer);
    addresses.stop();
    ports.stop();
    ranges.stop();
  }

  private void again() {
    repair
        .run()
        .subscribe()
        .with(
            _ -> {},
            failure ->
                LOG.atWarn()
                    .setMessage("addresses of Services can not be checked")
                    .addKeyValue("why", failure.getMessage())
                    .log());
  }

  private void address(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now != null) {
      pools.takeAddress(now.name());
    } else if (before != null) {
      pools.releaseAddress(before.name());
      ranges.addressFreed();
    }
  }

  private void ports(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now != null && now.name().equals(PortRecord.NAME)) {
      pools.ports().replace(PortRecord.ports(now));
    }
  }
}
