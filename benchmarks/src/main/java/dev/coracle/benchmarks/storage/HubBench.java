package dev.coracle.benchmarks.storage;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The watch hub in process: 100,000 pods, one change to 10,000 watchers, 10,000 watchers of one
 * object each, sustained events, memory per object and per watcher, and a restart until everything
 * is served. Argument: a directory to work in.
 */
public final class HubBench {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupVersionKind POD = GroupVersionKind.of("v1", "Pod");
  private static final int OBJECTS = Integer.getInteger("objects", 100_000);
  private static final int WATCHERS = Integer.getInteger("watchers", 10_000);

  private HubBench() {}

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(120));
  }

  /** Counts what comes; its latch is that of the change it waits for. */
  private static final class Counter implements Flow.Subscriber<WatchEvent> {
    final AtomicLong seen;
    volatile CountDownLatch latch = new CountDownLatch(1);

    Counter(AtomicLong seen) {
      this.seen = seen;
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
      s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(WatchEvent event) {
      seen.incrementAndGet();
      latch.countDown();
    }

    @Override
    public void onError(Throwable e) {
      throw new IllegalStateException(e);
    }

    @Override
    public void onComplete() {}
  }

  public static void main(String[] arguments) throws Exception {
    Path work = Files.createTempDirectory(Path.of(arguments[0]), "hub-bench");
    Vertx vertx = Vertx.vertx();
    try {
      long empty = used();
      WatchHub hub = start(vertx, work);
      fill(hub);
      long full = used();
      System.out.printf(
          "%,d pods of 1.5 KB: %d MB of heap, %d bytes each%n",
          OBJECTS, (full - empty) >> 20, (full - empty) / OBJECTS);
      fanOut(hub);
      singles(hub);
      sustained(hub);
      stop(hub);
      restart(vertx, work);
    } finally {
      vertx.close().await();
      StorageBench.delete(work);
    }
  }

  private static WatchHub start(Vertx vertx, Path work) throws Exception {
    WatchHub hub =
        new WatchHub(
            vertx,
            new EmbeddedStorage(EmbeddedOptions.defaults(work), new SimpleMeterRegistry()),
            HubOptions.DEFAULTS,
            new SimpleMeterRegistry());
    hub.selectableFields(PODS, Set.of("spec.nodeName"));
    hub.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    return hub;
  }

  private static void stop(WatchHub hub) throws Exception {
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static KubeObject pod(String namespace, String name, String node) {
    return KubeObject.create(
        POD,
        namespace,
        name,
        o -> {
          o.withObject("/metadata").putObject("labels").put("app", "bench");
          o.putObject("spec").put("nodeName", node).put("padding", "x".repeat(1300));
        });
  }

  private static void fill(WatchHub hub) throws InterruptedException {
    Semaphore room = new Semaphore(256);
    for (int i = 0; i < OBJECTS; i++) {
      room.acquire();
      hub.create(PODS, pod("ns" + i % 10, "pod-" + i, "node-" + i % 1000))
          .subscribe()
          .with(
              _ -> room.release(),
              e -> {
                throw new IllegalStateException(e);
              });
    }
    room.acquire(256);
  }

  private static void change(WatchHub hub, String namespace, String name, int n) {
    await(
        hub.update(
            PODS,
            new NamespacedName(namespace, name),
            o -> Uni.createFrom().item(o.with(t -> t.withObject("/spec").put("n", n)))));
  }

  private static List<Counter> watch(WatchHub hub, FieldSelector[] fields) throws Exception {
    AtomicLong seen = new AtomicLong();
    String from = Long.toString(hub.revision());
    List<Counter> counters = new ArrayList<>();
    for (FieldSelector f : fields) {
      Counter counter = new Counter(seen);
      counters.add(counter);
      hub.watch(
              PODS,
              f.isEverything() ? "" : "ns1",
              new WatchOptions(LabelSelector.EVERYTHING, f, from, "", true, false, 0))
          .subscribe(counter);
    }
    return counters;
  }

  private static void fanOut(WatchHub hub) throws Exception {
    long before = used();
    FieldSelector[] everything = new FieldSelector[WATCHERS];
    Arrays.fill(everything, FieldSelector.EVERYTHING);
    List<Counter> counters = watch(hub, everything);
    change(hub, "ns0", "pod-0", -1);
    System.out.printf("%,d watchers: %d bytes each%n", WATCHERS, (used() - before) / WATCHERS);
    List<Long> times = new ArrayList<>();
    long cpu = cpu();
    for (int i = 0; i < 50; i++) {
      CountDownLatch all = new CountDownLatch(WATCHERS);
      counters.forEach(c -> c.latch = all);
      long start = System.nanoTime();
      change(hub, "ns0", "pod-0", i);
      if (!all.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all were told");
      }
      times.add(System.nanoTime() - start);
    }
    times.sort(Long::compare);
    System.out.printf(
        "one durable change to %,d watchers, until the last has it: p50 %.1f ms, p99 %.1f ms,"
            + " CPU %.1f ms%n",
        WATCHERS, times.get(25) / 1e6, times.get(49) / 1e6, (cpu() - cpu) / 50 / 1e6);
    counters.clear();
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static void singles(WatchHub hub) throws Exception {
    FieldSelector[] each = new FieldSelector[WATCHERS];
    for (int i = 0; i < WATCHERS; i++) {
      each[i] = FieldSelector.equalTo("metadata.name", "pod-" + (i * 10 + 1));
    }
    List<Counter> counters = watch(hub, each);
    long start = System.nanoTime();
    long cpu = cpu();
    int changes = 2000;
    for (int i = 0; i < changes; i++) {
      change(hub, "ns1", "pod-" + (i % 100 * 10 + 1), i);
    }
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (counters.getFirst().seen.get() < changes && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    System.out.printf(
        "%,d watchers of one object each (and %,d of all): %,d changes seen of %,d, %.0f changes/s,"
            + " %.2f ms CPU each%n",
        WATCHERS,
        WATCHERS,
        counters.getFirst().seen.get(),
        changes,
        changes / ((System.nanoTime() - start) / 1e9),
        (cpu() - cpu) / 1e6 / changes);
  }

  private static void sustained(WatchHub hub) throws Exception {
    AtomicLong written = new AtomicLong();
    long start = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 16; t++) {
      int mine = t;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; System.nanoTime() - start < 3_000_000_000L; i++) {
                  change(hub, "ns" + mine % 10, "pod-" + (mine * 1000 + mine % 10), i);
                  written.incrementAndGet();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    System.out.printf(
        "sustained, 16 writers, every change to %,d watchers: %,.0f changes/s, %,.0f deliveries/s%n",
        WATCHERS, written.get() / 3.0, written.get() / 3.0 * WATCHERS);
  }

  private static void restart(Vertx vertx, Path work) throws Exception {
    for (int i = 0; i < 2; i++) {
      long start = System.nanoTime();
      WatchHub hub = start(vertx, work);
      int found = await(hub.list(PODS, "", ListOptions.ALL)).items().size();
      System.out.printf(
          "restart until %,d pods are listed from the cache: %d ms%n",
          found, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      stop(hub);
    }
  }
}
