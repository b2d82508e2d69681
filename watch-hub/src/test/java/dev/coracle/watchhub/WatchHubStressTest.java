package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many writers, many watchers, some of them stuck. */
class WatchHubStressTest {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupVersionKind POD = GroupVersionKind.of("v1", "Pod");

  @TempDir Path directory;
  private Vertx vertx;
  private WatchHub hub;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    hub =
        new WatchHub(
            vertx,
            new EmbeddedStorage(EmbeddedOptions.defaults(directory).withDurable(false), registry),
            HubOptions.DEFAULTS.withHistory(2000, 4 << 20),
            registry);
    hub.selectableFields(PODS, Set.of("spec.nodeName"));
    hub.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    hub.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    vertx.close().await();
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(20));
  }

  private static KubeObject pod(String name, String node, String padding) {
    return KubeObject.create(
        POD,
        "default",
        name,
        o -> o.putObject("spec").put("nodeName", node).put("padding", padding));
  }

  private void change(SplittableRandom random, int names) {
    String name = "p" + random.nextInt(names);
    NamespacedName key = new NamespacedName("default", name);
    String node = "n" + random.nextInt(5);
    try {
      switch (random.nextInt(4)) {
        case 0 -> await(hub.create(PODS, pod(name, node, "")));
        case 1 -> await(hub.delete(PODS, key, _ -> Uni.createFrom().voidItem()));
        default ->
            await(
                hub.update(
                    PODS,
                    key,
                    o ->
                        Uni.createFrom()
                            .item(o.with(t -> t.withObject("/spec").put("nodeName", node)))));
      }
    } catch (dev.coracle.api.StatusException e) {
      assertThat(e.reason())
          .isIn(
              dev.coracle.api.StatusReason.ALREADY_EXISTS, dev.coracle.api.StatusReason.NOT_FOUND);
    }
  }

  /** Replays a watcher's events over the list it began with. */
  private static Map<String, String> replay(Map<String, String> start, List<WatchEvent> events) {
    Map<String, String> state = new TreeMap<>(start);
    long last = 0;
    for (WatchEvent event : events) {
      switch (event) {
        case WatchEvent.Added e -> {
          assertThat(state.put(e.object().name(), e.object().resourceVersion())).isNull();
          last = later(last, e.object());
        }
        case WatchEvent.Modified e -> {
          assertThat(state.put(e.object().name(), e.object().resourceVersion())).isNotNull();
          last = later(last, e.object());
        }
        case WatchEvent.Deleted e -> {
          assertThat(state.remove(e.object().name())).isNotNull();
          last = later(last, e.object());
        }
        case WatchEvent.Bookmark _ -> {}
        case WatchEvent.Failed e -> throw new AssertionError(e.status().message());
      }
    }
    return state;
  }

  private static long later(long last, KubeObject object) {
    long revision = Long.parseLong(object.resourceVersion());
    assertThat(revision).isGreaterThan(last);
    return revision;
  }

  private Map<String, String> listed(FieldSelector fields) {
    Map<String, String> found = new TreeMap<>();
    await(hub.list(PODS, "", ListOptions.ALL.withFields(fields)))
        .items()
        .forEach(o -> found.put(o.name(), o.resourceVersion()));
    return found;
  }

  @Test
  void everyWatcherSeesEveryChangeOnceAndInOrder() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    AtomicBoolean stop = new AtomicBoolean();
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      SplittableRandom mine = random.split();
      writers.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int n = 0; n < 400 && !stop.get(); n++) {
                  change(mine, 30);
                }
              }));
    }
    record Watched(FieldSelector fields, Map<String, String> start, EventRecorder events) {}
    List<Watched> watched = new ArrayList<>();
    while (writers.stream().anyMatch(Thread::isAlive) && watched.size() < 60) {
      FieldSelector fields =
          switch (random.nextInt(3)) {
            case 0 -> FieldSelector.EVERYTHING;
            case 1 -> FieldSelector.parse("spec.nodeName=n" + random.nextInt(5));
            default -> FieldSelector.parse("metadata.name=p" + random.nextInt(30));
          };
      Map<String, String> start = new TreeMap<>();
      var list = await(hub.list(PODS, "", ListOptions.ALL.withFields(fields)));
      list.items().forEach(o -> start.put(o.name(), o.resourceVersion()));
      WatchOptions options =
          new WatchOptions(
              LabelSelector.EVERYTHING, fields, list.resourceVersion(), "", false, false, 0);
      EventRecorder events =
          new EventRecorder(hub.watch(PODS, "", options), 1 + random.nextInt(50));
      watched.add(new Watched(fields, start, events));
      Watched some = watched.get(random.nextInt(watched.size()));
      some.events.request(1 + random.nextInt(100));
    }
    for (Thread writer : writers) {
      writer.join();
    }
    for (Watched w : watched) {
      w.events.request(1_000_000);
    }
    for (Watched w : watched) {
      Map<String, String> now = listed(w.fields);
      Awaitility.await()
          .atMost(10, TimeUnit.SECONDS)
          .untilAsserted(() -> assertThat(replay(w.start, w.events.events())).isEqualTo(now));
    }
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** 1,000 watchers stuck at many places while 120 MB of events go by. */
  @Test
  void stuckWatchersCostNothingAndHoldUpNobody() {
    String padding = "x".repeat(20_000);
    for (int i = 0; i < 10; i++) {
      await(hub.create(PODS, pod("p" + i, "n0", padding)));
    }
    String start = Long.toString(hub.revision());
    List<EventRecorder> stuck = new ArrayList<>();
    CountingSubscriber quick = new CountingSubscriber();
    hub.watch(PODS, "", WatchOptions.from(start)).subscribe(quick);
    long before = usedHeap();
    for (int i = 0; i < 6000; i++) {
      int n = i;
      if (i % 50 == 0) {
        // Who keeps up is never more than a part of the history behind.
        Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> quick.seen() == n);
      }
      if (i % 5 == 0 && stuck.size() < 1000) {
        // Half of them are stuck in their initial events, half behind; some have seen something.
        String from = i % 2 == 0 ? "" : Long.toString(hub.revision());
        int demand = i % 25 == 0 ? 1 : 0;
        stuck.add(new EventRecorder(hub.watch(PODS, "", WatchOptions.from(from)), demand));
      }
      await(
          hub.update(
              PODS,
              new NamespacedName("default", "p" + n % 10),
              o -> Uni.createFrom().item(o.with(t -> t.withObject("/spec").put("n", n)))));
    }
    Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> quick.seen() == 6000);
    assertThat(stuck).hasSize(1000);
    assertThat(usedHeap() - before).as("growth of the heap").isLessThan(48 << 20);
    assertThat(registry.get("apiserver_watch_hub_history_bytes").gauge().value())
        .isLessThanOrEqualTo(4 << 20);
    for (EventRecorder one : stuck) {
      one.request(10);
    }
    for (EventRecorder one : stuck) {
      one.awaitEnd();
      assertThat(one.summary()).last().asString().startsWith("ERROR 410");
      assertThat(one.size()).isLessThanOrEqualTo(11);
    }
  }

  /** Takes everything and keeps nothing. */
  private static final class CountingSubscriber implements Flow.Subscriber<WatchEvent> {
    private final AtomicLong seen = new AtomicLong();
    private long last;

    long seen() {
      return seen.get();
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
      s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(WatchEvent event) {
      if (event instanceof WatchEvent.Modified m) {
        last = later(last, m.object());
        seen.incrementAndGet();
      }
    }

    @Override
    public void onError(Throwable e) {
      throw new AssertionError(e);
    }

    @Override
    public void onComplete() {}
  }
}
