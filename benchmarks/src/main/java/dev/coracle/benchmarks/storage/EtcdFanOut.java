package dev.coracle.benchmarks.storage;

import static dev.coracle.benchmarks.storage.StorageBench.await;

import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.Txn;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The hub's questions, asked of a real etcd; processor time and memory are etcd's process alone.
 */
final class EtcdFanOut {

  private static final String PREFIX = "/registry/pods/";

  private final Vertx vertx;
  private final Path directory;
  private final Report report;
  private final String contestant;

  EtcdFanOut(Vertx vertx, Path directory, Report report, String contestant) {
    this.vertx = vertx;
    this.directory = directory;
    this.report = report;
    this.contestant = contestant;
  }

  private Storage client(EtcdProcess etcd) {
    EtcdOptions options = EtcdOptions.of(List.of(etcd.endpoint())).withCompactEvery(Duration.ZERO);
    Storage storage = new EtcdStorage(vertx, options, new SimpleMeterRegistry());
    await(storage.open());
    return storage;
  }

  private static void put(Storage storage, int pod, byte[] value) {
    await(storage.txn(change(pod, value)));
  }

  private static Txn change(int pod, byte[] value) {
    String key = PREFIX + Pods.namespace(pod) + "/" + Pods.name(pod);
    return new Txn(List.of(), List.of(new Txn.Op.Put(key, value, 0)), List.of());
  }

  void run(int objects, int count, int bytes, int rounds, long sustained) throws Exception {
    int port;
    try (EtcdProcess etcd = EtcdProcess.start(directory)) {
      etcd.awaitPort();
      port = etcd.port;
      Storage storage = client(etcd);
      long empty = etcd.memory();
      fill(storage, objects, bytes);
      report.put(
          Rows.memory(objects, bytes),
          contestant,
          "%d MB resident, %d bytes each",
          (etcd.memory() - empty) >> 20,
          (etcd.memory() - empty) / objects);
      byte[] value = Pods.make(0, bytes).json();
      try (EtcdWatchers watchers = new EtcdWatchers(vertx, port, PREFIX, count)) {
        fanOut(etcd, storage, watchers, value, count, rounds);
        Rows.sustained(report, contestant, count, delivered(storage, watchers, value, count));
      }
      try (EtcdWatchers watchers = new EtcdWatchers(vertx, port, PREFIX, 100)) {
        Rows.sustained(report, contestant, 100, delivered(storage, watchers, value, 100));
      }
      await(storage.close());
    }
    restart(port, objects);
    perWatcher(count);
  }

  /**
   * On an etcd that holds nothing and has freed nothing: what it grows by with each further round
   * of watchers, all of which stay.
   */
  private void perWatcher(int count) throws Exception {
    List<EtcdWatchers> all = new ArrayList<>();
    try (EtcdProcess etcd = EtcdProcess.start(directory.resolveSibling("etcd-watchers"))) {
      etcd.awaitPort();
      List<Long> grown = new ArrayList<>();
      all.add(new EtcdWatchers(vertx, etcd.port, PREFIX, 1));
      long before = etcd.settledMemory();
      for (int round = 0; round < Rows.WATCHER_ROUNDS; round++) {
        all.add(new EtcdWatchers(vertx, etcd.port, PREFIX, count));
        long now = etcd.settledMemory();
        grown.add((now - before) / count);
        before = now;
      }
      Rows.perWatcher(report, contestant, count, grown);
    } finally {
      for (EtcdWatchers watchers : all) {
        watchers.close();
      }
    }
  }

  private void fanOut(
      EtcdProcess etcd, Storage storage, EtcdWatchers watchers, byte[] value, int count, int rounds)
      throws Exception {
    List<Long> times = new ArrayList<>();
    long cpu = 0;
    for (int i = 0; i < 2 * rounds; i++) {
      if (i == rounds) {
        cpu = etcd.cpu();
        watchers.bytes.set(0);
      }
      CountDownLatch all = new CountDownLatch(count);
      watchers.latch = all;
      long start = System.nanoTime();
      put(storage, 0, value);
      if (!all.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all were told");
      }
      if (i >= rounds) {
        times.add(System.nanoTime() - start);
      }
    }
    Rows.fanOut(report, contestant, count, times, etcd.cpu() - cpu, watchers.bytes.get());
  }

  /**
   * Changes a second that reached the watchers: puts are acknowledged before they are delivered.
   */
  private static double delivered(Storage storage, EtcdWatchers watchers, byte[] value, int count)
      throws InterruptedException {
    long before = watchers.events.get();
    long start = System.nanoTime();
    HubBench.changesPerSecond(i -> put(storage, i % 16 * 100, value));
    return (double) (watchers.events.get() - before) / count / ((System.nanoTime() - start) / 1e9);
  }

  private static void fill(Storage storage, int objects, int bytes) throws InterruptedException {
    Semaphore room = new Semaphore(256);
    for (int i = 0; i < objects; i++) {
      room.acquire();
      storage
          .txn(change(i, Pods.make(i, bytes).json()))
          .subscribe()
          .with(
              _ -> room.release(),
              e -> {
                throw new IllegalStateException(e);
              });
    }
    room.acquire(256);
  }

  private void restart(int port, int objects) throws Exception {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      try (EtcdProcess again = EtcdProcess.start(directory, port)) {
        again.awaitPort();
        Storage storage = client(again);
        int found = await(storage.list(PREFIX, "", 0, 0)).items().size();
        if (found != objects) {
          throw new IllegalStateException("etcd lists " + found);
        }
        times.add(System.nanoTime() - start);
        await(storage.close());
      }
    }
    report.put(Rows.restart(objects), contestant, "%.0f ms", Report.millis(times, 50));
  }
}
