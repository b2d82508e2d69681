package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * What lists cost: how many objects were looked at for how many that were given, from the cache and
 * from the storage; and how long those waited that are to be as fresh as the storage. Under
 * upstream's names. Looked up once for each resource and index.
 */
final class ListMeters {

  private static final Duration[] WAITS =
      LongStream.of(5, 25, 50, 100, 200, 400, 600, 800, 1000, 1250, 1500, 2000, 3000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Cached(GroupResource resource, String index) {}

  private record Counts(Counter lists, Counter fetched, Counter evaluated, Counter returned) {}

  private record Waits(Counter succeeded, Counter failed, Timer time) {}

  private final MeterRegistry registry;
  private final Map<Cached, Counts> cached = new ConcurrentHashMap<>();
  private final Map<GroupResource, Counts> stored = new ConcurrentHashMap<>();
  private final Map<GroupResource, Waits> waits = new ConcurrentHashMap<>();

  ListMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * A list that the cache gave.
   *
   * @param index that was used; empty where all objects of a namespace were looked at
   */
  void fromCache(GroupResource resource, String index, long fetched, long returned) {
    Counts counts = cached.computeIfAbsent(new Cached(resource, index), this::ofCache);
    counts.lists.increment();
    counts.fetched.increment(fetched);
    counts.returned.increment(returned);
  }

  /** A chunk that was read from the storage for a list of how things were. */
  void fromStorage(GroupResource resource, long fetched, long evaluated, long returned) {
    Counts counts = stored.computeIfAbsent(resource, this::ofStorage);
    counts.lists.increment();
    counts.fetched.increment(fetched);
    counts.evaluated.increment(evaluated);
    counts.returned.increment(returned);
  }

  /** A list waited so long until the cache was as fresh as the storage, or failed to become so. */
  void waited(GroupResource resource, long nanos, boolean succeeded) {
    Waits found = waits.computeIfAbsent(resource, this::waits);
    (succeeded ? found.succeeded : found.failed).increment();
    found.time.record(nanos, TimeUnit.NANOSECONDS);
  }

  private static Tags tags(GroupResource resource) {
    return Tags.of("group", resource.group(), "resource", resource.resource());
  }

  private Counts ofCache(Cached of) {
    Tags tags = tags(of.resource);
    Counter fetched =
        counter(
            "apiserver_cache_list_fetched_objects",
            "Objects that lists from the cache looked at",
            tags.and("index", of.index));
    return new Counts(
        counter("apiserver_cache_list", "Lists from the cache", tags.and("index", of.index)),
        fetched,
        fetched,
        counter(
            "apiserver_cache_list_returned_objects",
            "Objects that lists from the cache gave",
            tags));
  }

  private Counts ofStorage(GroupResource resource) {
    Tags tags = tags(resource);
    return new Counts(
        counter("apiserver_storage_list", "Lists from the storage", tags),
        counter(
            "apiserver_storage_list_fetched_objects",
            "Objects that lists read from the storage",
            tags),
        counter(
            "apiserver_storage_list_evaluated_objects",
            "Objects from the storage that lists looked at",
            tags),
        counter(
            "apiserver_storage_list_returned_objects",
            "Objects that lists from the storage gave",
            tags));
  }

  private Waits waits(GroupResource resource) {
    Tags tags = tags(resource).and("fallback", "false");
    return new Waits(
        counter(
            "apiserver_watch_cache_consistent_read",
            "Lists as fresh as the storage, from the cache",
            tags.and("success", "true")),
        counter(
            "apiserver_watch_cache_consistent_read",
            "Lists as fresh as the storage, from the cache",
            tags.and("success", "false")),
        Timer.builder("apiserver_watch_cache_read_wait_seconds")
            .description("Time until the cache was as fresh as the storage")
            .tags(tags(resource))
            .serviceLevelObjectives(WAITS)
            .register(registry));
  }

  private Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }
}
