package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The hub's metrics, under upstream's names where upstream has them. */
public final class HubMetrics {

  private final AtomicInteger watchers = new AtomicInteger();
  private final AtomicInteger lagging = new AtomicInteger();
  private final Counter gaps;
  private final Counter expired;
  private final AtomicLong loads = new AtomicLong();

  private final MeterRegistry registry;

  public HubMetrics(MeterRegistry registry) {
    this.registry = registry;
    registry.gauge("apiserver_watch_hub_watchers", watchers);
    registry.gauge("apiserver_watch_hub_lagging_watchers", lagging);
    gaps = Counter.builder("apiserver_watch_hub_gaps").register(registry);
    expired = Counter.builder("apiserver_watch_hub_fell_out").register(registry);
  }

  void watchers(int change) {
    watchers.addAndGet(change);
  }

  void lagging(int change) {
    lagging.addAndGet(change);
  }

  /** What is held of a resource, and what comes of it; asked when somebody reads the metrics. */
  void resource(GroupResource resource, ResourceCache cache) {
    Tags tags = Tags.of("group", resource.group(), "resource", resource.resource());
    Gauge.builder("apiserver_resource_objects", cache, c -> c.state().objects().size())
        .description("Objects of a resource")
        .tags(tags)
        .register(registry);
    Gauge.builder("apiserver_resource_size_estimate_bytes", cache, c -> c.state().bytes())
        .description("Bytes of a resource's objects as they are stored")
        .tags(tags)
        .register(registry);
    Gauge.builder("apiserver_storage_objects", cache, c -> c.state().objects().size())
        .description("Objects of a resource, under the older name")
        .tag("resource", resource.toString())
        .register(registry);
    FunctionCounter.builder("apiserver_storage_events_received", cache, ResourceCache::received)
        .description("Changes of a resource that the storage told of")
        .tags(tags)
        .register(registry);
    FunctionCounter.builder("apiserver_watch_cache_events_received", cache, ResourceCache::received)
        .description("Changes of a resource that its history took")
        .tags(tags)
        .register(registry);
    FunctionCounter.builder(
            "apiserver_watch_cache_events_dispatched", cache, ResourceCache::dispatched)
        .description("Changes of a resource that were given to watches")
        .tags(tags)
        .register(registry);
    FunctionCounter.builder("apiserver_init_events", cache, ResourceCache::initial)
        .description("Objects that watches were told of at their beginning")
        .tags(tags)
        .register(registry);
    FunctionCounter.builder("apiserver_watch_cache_initializations", loads, AtomicLong::get)
        .description("How often a resource was loaded from the storage")
        .tags(tags)
        .register(registry);
    Gauge.builder("apiserver_watch_cache_resource_version", cache, c -> c.state().revision())
        .description("The resourceVersion that the cache of a resource is at")
        .tags(tags)
        .register(registry);
  }

  void gap() {
    gaps.increment();
  }

  void fellOut() {
    expired.increment();
  }

  /** All resources are loaded at once, at the start and when the feed lost its thread. */
  void reset() {
    loads.incrementAndGet();
  }
}
