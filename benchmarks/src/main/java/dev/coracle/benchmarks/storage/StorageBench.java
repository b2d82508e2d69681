package dev.coracle.benchmarks.storage;

import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.EtcdFrontend;
import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.Txn;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Durable puts at 1, 10 and 100 writers with the syncs they take, a range of 10,000 keys, and a
 * restart with 100,000 objects: the embedded storage in process, the same through etcd's protocol
 * ({@code --serve-etcd}), and a real etcd by the same client, in one run on the same disk.
 *
 * <p>Argument: a directory to work in, on the disk that is to be measured; without one, the build
 * directory. {@code -Dseconds=4 -Dobjects=100000} change its size.
 */
public final class StorageBench {

  private static final Duration WAIT = Duration.ofSeconds(120);
  private static final long SECONDS = Long.getLong("seconds", 5);
  private static final int OBJECTS = Integer.getInteger("objects", 100_000);

  private static final String EMBEDDED = "embedded";
  private static final String SERVED = "embedded, by etcd's protocol";
  private static final String ETCD = "etcd";

  private final Path work;
  private final Vertx vertx = Vertx.vertx();
  private final Report report = new Report(EMBEDDED, SERVED, ETCD);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private StorageBench(Path work) {
    this.work = work;
  }

  static <T> T await(Uni<T> uni) {
    return uni.await().atMost(WAIT);
  }

  public static void main(String[] arguments) throws Exception {
    Path work = directory(arguments, "storage-bench");
    try {
      System.out.println(Report.machine(work));
      new StorageBench(work).run();
    } finally {
      delete(work);
    }
  }

  static Path directory(String[] arguments, String name) throws IOException {
    Path parent = Path.of(arguments.length > 0 ? arguments[0] : "benchmarks/target");
    return Files.createTempDirectory(Files.createDirectories(parent), name);
  }

  private EmbeddedStorage embedded(SimpleMeterRegistry metrics) {
    return new EmbeddedStorage(EmbeddedOptions.defaults(work.resolve("embedded")), metrics);
  }

  private Storage client(String endpoint) {
    EtcdOptions options = EtcdOptions.of(List.of(endpoint)).withCompactEvery(Duration.ZERO);
    return new EtcdStorage(vertx, options, new SimpleMeterRegistry());
  }

  private void run() throws Exception {
    EmbeddedStorage embedded = embedded(registry);
    EtcdFrontend frontend = new EtcdFrontend(vertx, embedded, EtcdFrontendOptions.loopback(0));
    try (EtcdProcess etcd = EtcdProcess.start(work.resolve("etcd"))) {
      etcd.awaitPort();
      await(embedded.open());
      frontend.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
      Storage served = client(frontend.url());
      Storage real = client(etcd.endpoint());
      await(served.open());
      await(real.open());
      for (Storage storage : List.of(embedded, served, real)) {
        puts(storage, 10, SECONDS / 2); // warms up
      }
      for (int writers : new int[] {1, 10, 100}) {
        puts(EMBEDDED, embedded, writers, this::ownSyncs);
        puts(SERVED, served, writers, this::ownSyncs);
        puts(ETCD, real, writers, etcd::syncs);
      }
      fill(embedded);
      fill(real);
      range(EMBEDDED, embedded);
      range(SERVED, served);
      range(ETCD, real);
      await(served.close());
      await(real.close());
      frontend.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
      await(embedded.close());
      etcd.close();
      restartEmbedded();
      restartEtcd(etcd.port);
    } finally {
      vertx.close().await();
    }
    report.print(System.out);
  }

  private long ownSyncs() {
    Timer timer = registry.find("etcd_disk_wal_fsync_duration_seconds").timer();
    return timer == null ? 0 : timer.count();
  }

  private static Txn put(String key, byte[] value) {
    return new Txn(List.of(), List.of(new Txn.Op.Put(key, value, 0)), List.of());
  }

  private interface Counter {
    long get() throws IOException;
  }

  private void puts(String name, Storage storage, int writers, Counter syncs) throws Exception {
    long before = syncs.get();
    long start = System.nanoTime();
    long done = puts(storage, writers, SECONDS);
    double seconds = (System.nanoTime() - start) / 1e9;
    long synced = syncs.get() - before;
    String what = writers + (writers == 1 ? " writer" : " writers");
    report.put("durable puts of 1 KiB a second, " + what, name, "%,.0f", done / seconds);
    report.put("puts a sync, " + what, name, "%.1f", (double) done / Math.max(1, synced));
  }

  private static long puts(Storage storage, int writers, long howLong) throws InterruptedException {
    byte[] value = new byte[1024];
    new SplittableRandom(1).nextBytes(value);
    AtomicLong done = new AtomicLong();
    long end = System.nanoTime() + howLong * 1_000_000_000L;
    List<Thread> threads = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      SplittableRandom random = new SplittableRandom(w);
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                while (System.nanoTime() < end) {
                  await(storage.txn(put("/bench/k" + random.nextInt(20_000), value)));
                  done.incrementAndGet();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return done.get();
  }

  private static void fill(Storage storage) throws InterruptedException {
    byte[] value = new byte[1500];
    new SplittableRandom(2).nextBytes(value);
    Semaphore room = new Semaphore(256);
    for (int i = 0; i < OBJECTS; i++) {
      room.acquire();
      storage
          .txn(put("/registry/pods/ns" + i % 10 + "/pod-" + i, value))
          .subscribe()
          .with(
              _ -> room.release(),
              e -> {
                throw new IllegalStateException(e);
              });
    }
    room.acquire(256);
  }

  private void range(String name, Storage storage) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      long start = System.nanoTime();
      int found = await(storage.list("/registry/pods/ns" + i % 10 + "/", "", 0, 0)).items().size();
      if (found != OBJECTS / 10) {
        throw new IllegalStateException(name + " found " + found);
      }
      if (i >= 10) {
        times.add(System.nanoTime() - start);
      }
    }
    report.put(
        String.format("range of %,d keys of 1.5 KB, median", OBJECTS / 10),
        name,
        "%.1f ms",
        Report.millis(times, 50));
  }

  private static String restarted() {
    return String.format("restart with %,d objects until the first read, median of 3", OBJECTS);
  }

  private void restartEmbedded() {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      Storage storage = embedded(new SimpleMeterRegistry());
      await(storage.open());
      var _ = await(storage.get("/registry/pods/ns0/pod-0", 0)).orElseThrow();
      times.add(System.nanoTime() - start);
      await(storage.close());
    }
    report.put(restarted(), EMBEDDED, "%.0f ms", Report.millis(times, 50));
  }

  private void restartEtcd(int port) throws Exception {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      try (EtcdProcess again = EtcdProcess.start(work.resolve("etcd"), port)) {
        again.awaitPort();
        Storage storage = client(again.endpoint());
        await(storage.open());
        var _ = await(storage.get("/registry/pods/ns0/pod-0", 0)).orElseThrow();
        times.add(System.nanoTime() - start);
        await(storage.close());
      }
    }
    report.put(restarted(), ETCD, "%.0f ms", Report.millis(times, 50));
  }

  static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
