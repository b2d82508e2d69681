package dev.coracle.apiserver.internal.service;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How many cluster addresses and node ports are taken and free, and how they were asked for, under
 * upstream's names. What is asked for by a dry run is not counted.
 */
public final class AllocationMeters {

  private static final String ADDRESSES = "kube_apiserver_clusterip_allocator_";
  private static final String PORTS = "kube_apiserver_nodeport_allocator_";

  private final MeterRegistry registry;
  private final ServicePools pools;
  private final MultiGauge taken;
  private final MultiGauge free;

  public AllocationMeters(MeterRegistry registry, ServicePools pools) {
    this.registry = registry;
    this.pools = pools;
    taken =
        MultiGauge.builder(ADDRESSES + "allocated_ips")
            .description("Addresses of Services that are taken")
            .register(registry);
    free =
        MultiGauge.builder(ADDRESSES + "available_ips")
            .description("Addresses of Services that are free")
            .register(registry);
    Gauge.builder(PORTS + "allocated_ports", pools.ports(), NumberPool::taken)
        .description("Node ports that are taken")
        .register(registry);
    Gauge.builder(PORTS + "available_ports", pools.ports(), NumberPool::free)
        .description("Node ports that are free")
        .register(registry);
    ranges();
  }

  /** There are other ranges of addresses now. */
  void ranges() {
    List<ServicePools.Usage> all = pools.usage();
    taken.register(all.stream().map(range -> row(range, NumberPool::taken)).toList(), true);
    free.register(all.stream().map(range -> row(range, NumberPool::free)).toList(), true);
  }

  private static Row<?> row(ServicePools.Usage range, ToDoubleFunction<NumberPool> value) {
    return Row.of(Tags.of("cidr", range.cidr()), range.numbers(), value);
  }

  /**
   * @param cidr the range that it is of, or should have been of
   * @param named asked for by name
   */
  void address(String cidr, boolean named, boolean given) {
    registry.counter(ADDRESSES + outcome(given), scope(named).and("cidr", cidr)).increment();
  }

  void port(boolean named, boolean given) {
    registry.counter(PORTS + outcome(given), scope(named)).increment();
  }

  private static String outcome(boolean given) {
    return given ? "allocation" : "allocation_errors";
  }

  private static Tags scope(boolean named) {
    return Tags.of("scope", named ? "static" : "dynamic");
  }
}
