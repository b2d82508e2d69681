package dev.coracle.watchhub.internal.hub;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** The hub's metrics, under upstream's names where upstream has them. */
public final class HubMetrics {

  private final AtomicInteger watchers = new AtomicInteger();
  private final AtomicInteger lagging = new AtomicInteger();
  private final Counter events;
  private final Counter gaps;
  private final Counter expired;
  private final Counter resets;

  public HubMetrics(MeterRegistry registry) {
    registry.gauge("apiserver_watch_hub_watchers", watchers);
    registry.gauge("apiserver_watch_hub_lagging_watchers", lagging);
    events = Counter.builder("apiserver_watch_cache_events_received").register(registry);
    gaps = Counter.builder("apiserver_watch_hub_gaps").register(registry);
    expired = Counter.builder("apiserver_watch_hub_fell_out").register(registry);
    resets = Counter.builder("apiserver_watch_cache_initializations").register(registry);
  }

  void watchers(int change) {
    watchers.addAndGet(change);
  }

  void lagging(int change) {
    lagging.addAndGet(change);
  }

  void events(int count) {
    events.increment(count);
  }

  void gap() {
    gaps.increment();
  }

  void fellOut() {
    expired.increment();
  }

  void reset() {
    resets.increment();
  }
}
