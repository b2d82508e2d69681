package dev.coracle.apiserver.internal;

import dev.coracle.api.GroupVersionResource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** What is counted of watches, with upstream's names, labels and buckets. */
public final class WatchMeters {

  private static final double[] SIZES = {
    1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17
  };

  private static final Duration[] LISTS =
      LongStream.of(
              50, 100, 200, 400, 600, 800, 1000, 2000, 4000, 6000, 8000, 10_000, 15_000, 20_000,
              30_000, 45_000, 60_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** Those of one resource; a watch looks them up once. */
  public static final class Watched {

    private final Counter events;
    private final DistributionSummary sizes;
    private final Timer lists;

    private Watched(Counter events, DistributionSummary sizes, Timer lists) {
      this.events = events;
      this.sizes = sizes;
      this.lists = lists;
    }

    /** An event, of so many bytes as it is sent. */
    public void sent(int bytes) {
      events.increment();
      sizes.record(bytes);
    }

    /** The objects that were there have been told, so long after the watch was asked for. */
    public void listed(long nanos) {
      lists.record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private final MeterRegistry registry;
  private final Map<GroupVersionResource, Watched> byResource = new ConcurrentHashMap<>();

  WatchMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public Watched of(GroupVersionResource resource) {
    return byResource.computeIfAbsent(resource, this::watched);
  }

  private Watched watched(GroupVersionResource resource) {
    Tags tags =
        Tags.of("group", resource.group(), "version", resource.version())
            .and("resource", resource.resource());
    return new Watched(
        Counter.builder("apiserver_watch_events")
            .description("Events that watches were sent, bookmarks too")
            .tags(tags)
            .register(registry),
        DistributionSummary.builder("apiserver_watch_events_sizes")
            .description("Bytes of the events that watches were sent")
            .tags(tags)
            .serviceLevelObjectives(SIZES)
            .register(registry),
        Timer.builder("apiserver_watch_list_duration_seconds")
            .description("Time until a watch that began with a list had told it")
            .tags(tags)
            .serviceLevelObjectives(LISTS)
            .register(registry));
  }
}
