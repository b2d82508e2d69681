package dev.coracle.benchmarks.storage;

import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.Txn;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Durable puts at 1, 10 and 100 writers, a range of 10,000 keys, and a restart with 100,000
 * objects: embedded and a real etcd in one run, on the same disk. Plain, because what is measured
 * waits for disks and other processes. Argument: a directory to work in (on the disk that is to be
 * measured).
 */
public final class StorageBench {

  private static final Duration WAIT = Duration.ofSeconds(120);
  private static final long SECONDS = Long.getLong("seconds", 4);
  private static final int OBJECTS = Integer.getInteger("objects", 100_000);

  private StorageBench() {}

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(WAIT);
  }

  public static void main(String[] arguments) throws Exception {
    Path work = Files.createTempDirectory(Path.of(arguments[0]), "storage-bench");
    Vertx vertx = Vertx.vertx();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Storage embedded =
        new EmbeddedStorage(EmbeddedOptions.defaults(work.resolve("embedded")), registry);
    EtcdProcess etcd = EtcdProcess.start(work.resolve("etcd"));
    try {
      etcd.awaitPort();
      Storage real = etcd(vertx, etcd);
      await(embedded.open());
      await(real.open());
      for (int writers : new int[] {1, 10, 100}) {
        puts("embedded", embedded, writers, registry);
        puts("etcd", real, writers, null);
      }
      fill(embedded);
      fill(real);
      range("embedded", embedded);
      range("etcd", real);
      await(real.close());
      await(embedded.close());
      restartEmbedded(work);
      etcd.close();
      restartEtcd(vertx, work, etcd.port);
    } finally {
      etcd.close();
      vertx.close().await();
      delete(work);
    }
  }

  private static Storage etcd(Vertx vertx, EtcdProcess etcd) {
    EtcdOptions options = EtcdOptions.of(List.of(etcd.endpoint())).withCompactEvery(Duration.ZERO);
    return new EtcdStorage(vertx, options, new SimpleMeterRegistry());
  }

  private static Txn put(String key, byte[] value) {
    return new Txn(List.of(), List.of(new Txn.Op.Put(key, value, 0)), List.of());
  }

  private static void puts(
      String name,
      Storage storage,
      int writers,
      @org.jspecify.annotations.Nullable SimpleMeterRegistry registry)
      throws InterruptedException {
    byte[] value = new byte[1024];
    new SplittableRandom(1).nextBytes(value);
    long syncs = syncs(registry);
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    long end = start + SECONDS * 1_000_000_000L;
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
    double seconds = (System.nanoTime() - start) / 1e9;
    String fsyncs =
        registry == null
            ? ""
            : String.format(", %.0f fsyncs/s", (syncs(registry) - syncs) / seconds);
    System.out.printf(
        "%-9s %3d writers: %,8.0f durable puts/s%s%n", name, writers, done.get() / seconds, fsyncs);
  }

  private static long syncs(@org.jspecify.annotations.Nullable SimpleMeterRegistry registry) {
    Timer timer =
        registry == null ? null : registry.find("etcd_disk_wal_fsync_duration_seconds").timer();
    return timer == null ? 0 : timer.count();
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

  private static void range(String name, Storage storage) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      long start = System.nanoTime();
      int found = await(storage.list("/registry/pods/ns" + i % 10 + "/", "", 0, 0)).items().size();
      if (found != OBJECTS / 10) {
        throw new IllegalStateException(name + " found " + found);
      }
      times.add(System.nanoTime() - start);
    }
    times.sort(Long::compare);
    System.out.printf(
        "%-9s range of %,d keys: median %.1f ms%n", name, OBJECTS / 10, times.get(15) / 1e6);
  }

  private static void restartEmbedded(Path work) {
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      Storage storage =
          new EmbeddedStorage(
              EmbeddedOptions.defaults(work.resolve("embedded")), new SimpleMeterRegistry());
      await(storage.open());
      Objects.requireNonNull(await(storage.get("/registry/pods/ns0/pod-0", 0)).orElse(null));
      System.out.printf(
          "embedded  restart with %,d objects: %d ms until the first read%n",
          OBJECTS, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      await(storage.close());
    }
  }

  private static void restartEtcd(Vertx vertx, Path work, int port) throws Exception {
    long start = System.nanoTime();
    try (EtcdProcess again = EtcdProcess.start(work.resolve("etcd"), port)) {
      again.awaitPort();
      Storage storage = etcd(vertx, again);
      await(storage.open());
      Objects.requireNonNull(await(storage.get("/registry/pods/ns0/pod-0", 0)).orElse(null));
      System.out.printf(
          "etcd      restart with %,d objects: %d ms until the first read%n",
          OBJECTS, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      await(storage.close());
    }
  }

  static void delete(Path directory) throws java.io.IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
