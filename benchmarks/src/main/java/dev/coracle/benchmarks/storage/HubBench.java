package dev.coracle.benchmarks.storage;

import static dev.coracle.benchmarks.storage.StorageBench.await;

import dev.coracle.api.NamespacedName;
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
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * The watch hub beside etcd: memory of 100,000 pods and of 10,000 watchers, one durable change to
 * all watchers, sustained changes, and a restart until everything can be listed. The hub is used in
 * process, as the API server uses it; etcd's watchers share one stream to this process.
 *
 * <p>Argument: a directory to work in. {@code -Dobjects=100000 -Dwatchers=10000 -Dbytes=4500}.
 */
public final class HubBench {

  private static final int MOST_UNDERWAY = 64;
  private static final int OBJECTS = Integer.getInteger("objects", 100_000);
  private static final int WATCHERS = Integer.getInteger("watchers", 10_000);
  private static final int BYTES = Integer.getInteger("bytes", 4500);
  private static final int ROUNDS = 100;
  private static final long SUSTAINED = 4_000_000_000L;

  private static final String HUB = "watch hub";
  private static final String ETCD = "etcd";

  private final Path work;
  private final Vertx vertx = Vertx.vertx();
  private final Report report = new Report(HUB, ETCD);

  private HubBench(Path work) {
    this.work = work;
  }

  public static void main(String[] arguments) throws Exception {
    Path work = StorageBench.directory(arguments, "hub-bench");
    try {
      System.out.println(Report.machine(work));
      HubBench bench = new HubBench(work);
      try {
        bench.hub();
        new EtcdFanOut(bench.vertx, work.resolve("etcd"), bench.report, ETCD)
            .run(OBJECTS, WATCHERS, BYTES, ROUNDS, SUSTAINED);
      } finally {
        bench.vertx.close().await();
      }
      bench.report.print(System.out);
    } finally {
      StorageBench.delete(work);
    }
  }

  static WatchHub start(Vertx vertx, Path directory) throws Exception {
    WatchHub hub =
        new WatchHub(
            vertx,
            new EmbeddedStorage(EmbeddedOptions.defaults(directory), new SimpleMeterRegistry()),
            HubOptions.DEFAULTS,
            new SimpleMeterRegistry());
    hub.selectableFields(Pods.RESOURCE, Set.of("spec.nodeName"));
    hub.start().toCompletableFuture().get(120, TimeUnit.SECONDS);
    return hub;
  }

  private void hub() throws Exception {
    Path data = work.resolve("hub");
    long empty = usedHeap();
    WatchHub hub = start(vertx, data);
    fill(hub);
    report.put(
        Rows.memory(OBJECTS, BYTES),
        HUB,
        "%d MB of heap, %d bytes each",
        (usedHeap() - empty) >> 20,
        (usedHeap() - empty) / OBJECTS);
    List<CountingWatcher> watchers = fanOut(hub);
    sustained(hub, watchers);
    watchers.forEach(CountingWatcher::cancel);
    sustained(hub, watch(hub, 100, FieldSelector.EVERYTHING));
    singles(hub);
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    restart(data);
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static void fill(WatchHub hub) throws InterruptedException {
    Semaphore room = new Semaphore(256);
    for (int i = 0; i < OBJECTS; i++) {
      room.acquire();
      hub.create(Pods.RESOURCE, Pods.make(i, BYTES))
          .subscribe()
          .with(
              _ -> room.release(),
              e -> {
                throw new IllegalStateException(e);
              });
    }
    room.acquire(256);
  }

  private static void change(WatchHub hub, int pod, int n) {
    NamespacedName name = new NamespacedName(Pods.namespace(pod), Pods.name(pod));
    await(
        hub.update(
            Pods.RESOURCE,
            name,
            o -> Uni.createFrom().item(o.with(t -> t.withObject("/spec").put("n", n)))));
  }

  private static List<CountingWatcher> watch(WatchHub hub, int count, FieldSelector fields) {
    AtomicLong seen = new AtomicLong();
    String from = Long.toString(hub.revision());
    List<CountingWatcher> watchers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CountingWatcher watcher = new CountingWatcher(seen);
      watchers.add(watcher);
      hub.watch(
              Pods.RESOURCE,
              "",
              new WatchOptions(LabelSelector.EVERYTHING, fields, from, "", true, false, 0))
          .subscribe(watcher);
    }
    return watchers;
  }

  /** What the heap grows by with each further round of watchers, all of which stay. */
  private void perWatcher(WatchHub hub) throws Exception {
    List<CountingWatcher> all = new ArrayList<>(watch(hub, 1, FieldSelector.EVERYTHING));
    List<Long> grown = new ArrayList<>();
    told(hub, all);
    long before = usedHeap();
    for (int round = 0; round < Rows.WATCHER_ROUNDS; round++) {
      all.addAll(watch(hub, WATCHERS, FieldSelector.EVERYTHING));
      told(hub, all);
      long now = usedHeap();
      grown.add((now - before) / WATCHERS);
      before = now;
    }
    all.forEach(CountingWatcher::cancel);
    Rows.perWatcher(report, HUB, WATCHERS, grown);
  }

  /** All of them have begun, and have what has happened. */
  private static void told(WatchHub hub, List<CountingWatcher> watchers) throws Exception {
    CountDownLatch all = new CountDownLatch(watchers.size());
    watchers.forEach(w -> w.latch = all);
    change(hub, 0, -1 - watchers.size());
    if (!all.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("not all were told");
    }
  }

  private List<CountingWatcher> fanOut(WatchHub hub) throws Exception {
    perWatcher(hub);
    List<CountingWatcher> watchers = watch(hub, WATCHERS, FieldSelector.EVERYTHING);
    change(hub, 0, -1);
    List<Long> times = new ArrayList<>();
    long cpu = 0;
    for (int i = 0; i < 2 * ROUNDS; i++) {
      if (i == ROUNDS) {
        cpu = cpu(); // what came before warmed up
        CountingWatcher.startCounting();
      }
      CountDownLatch all = new CountDownLatch(WATCHERS);
      watchers.forEach(w -> w.latch = all);
      long start = System.nanoTime();
      change(hub, 0, i);
      if (!all.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all were told");
      }
      if (i >= ROUNDS) {
        times.add(System.nanoTime() - start);
      }
    }
    Rows.fanOut(report, HUB, WATCHERS, times, cpu() - cpu, CountingWatcher.encodedBytes());
    return watchers;
  }

  /** 10,000 watchers of one object each: what kubelets, controllers and people mostly are. */
  private void singles(WatchHub hub) throws Exception {
    List<CountingWatcher> watchers = new ArrayList<>();
    for (int i = 0; i < WATCHERS; i++) {
      watchers.addAll(watch(hub, 1, FieldSelector.equalTo("metadata.name", Pods.name(i))));
    }
    long cpu = cpu();
    long start = System.nanoTime();
    int changes = 4000;
    for (int i = 0; i < changes; i++) {
      CountDownLatch one = new CountDownLatch(1);
      watchers.get(i % WATCHERS).latch = one;
      change(hub, i % WATCHERS, i);
      if (!one.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the watcher was not told");
      }
    }
    report.put(
        String.format(
            "%,d watchers of one object each: a change until its watcher has it", WATCHERS),
        HUB,
        "%.2f ms, %.2f ms of processor time",
        (System.nanoTime() - start) / 1e6 / changes,
        (cpu() - cpu) / 1e6 / changes);
    watchers.forEach(CountingWatcher::cancel);
  }

  /**
   * As many changes as all watchers keep up with: the writers go on when no more than a few changes
   * are on their way. Without that, writers outrun ten thousand watchers, and those get 410.
   */
  private void sustained(WatchHub hub, List<CountingWatcher> watchers) throws Exception {
    AtomicLong seen = watchers.getFirst().seen;
    long before = seen.get();
    AtomicLong written = new AtomicLong();
    double rate =
        changesPerSecond(i -> {
          change(hub, i % 16 * 100, i);
          written.incrementAndGet();
          while (written.get() - (seen.get() - before) / watchers.size() > MOST_UNDERWAY) {
            LockSupport.parkNanos(20_000);
          }
        });
    Rows.sustained(report, HUB, watchers.size(), rate);
  }

  /** 16 writers, each on an object of its own. */
  static double changesPerSecond(IntConsumer change) throws InterruptedException {
    AtomicLong written = new AtomicLong();
    long start = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 16; t++) {
      int mine = t;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = mine; System.nanoTime() - start < SUSTAINED; i += 16) {
                  change.accept(i);
                  written.incrementAndGet();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return written.get() / ((System.nanoTime() - start) / 1e9);
  }

  /** A new process each time, from its start until all pods have been listed. */
  private void restart(Path data) throws Exception {
    List<Long> times = new ArrayList<>();
    String probe = "";
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--sun-misc-unsafe-memory-access=allow",
                  // As ./coracle starts it, with a heap of a gigabyte at most.
                  "-XX:+UseSerialGC",
                  "-XX:+UseCompactObjectHeaders",
                  "-Xms64m",
                  "-Xmx1g",
                  "-cp",
                  System.getProperty("java.class.path"),
                  RestartProbe.class.getName(),
                  data.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        if (!("" + out.readLine()).equals("listed " + OBJECTS)) {
          throw new IllegalStateException("the restarted process lists something else");
        }
        times.add(System.nanoTime() - start);
        probe = "" + out.readLine();
      }
      process.waitFor();
    }
    report.put(Rows.restart(OBJECTS), HUB, "%.0f ms", Report.millis(times, 50));
    report.put(probe.split("=")[0], HUB, "%s", probe.split("=")[1]);
  }
}
