package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Concurrent clients' histories on both storages, also while etcd loses its leader. */
class LinearisabilityTest {

  private static final Duration WAIT = Duration.ofSeconds(30);

  @TempDir Path directory;

  private static List<Thread> clients(History history, Storage storage, int count, int operations) {
    List<Thread> threads = new ArrayList<>();
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int i = 0; i < count; i++) {
      long mine = seed + i;
      threads.add(
          Thread.ofPlatform()
              .start(() -> history.client(storage, "/registry/lin/", mine, operations)));
    }
    return threads;
  }

  @Test
  void embedded() throws Exception {
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory).withDurable(false), new SimpleMeterRegistry());
    storage.open().await().atMost(WAIT);
    History history = new History();
    for (Thread thread : clients(history, storage, 8, 1500)) {
      thread.join();
    }
    storage.close().await().atMost(WAIT);
    assertThat(history.size()).isEqualTo(12_000);
    history.assertLinearisable();
  }

  @Test
  void etcdThatLosesItsLeader() throws Exception {
    EtcdServer.assumeInstalled();
    Vertx vertx = Vertx.vertx();
    try (EtcdServer etcd = EtcdServer.start(directory, 3)) {
      EtcdOptions options = EtcdOptions.of(etcd.endpoints()).withCompactEvery(Duration.ZERO);
      Storage storage = new EtcdStorage(vertx, options, new SimpleMeterRegistry());
      storage.open().await().atMost(WAIT);
      History history = new History();
      try (WatchRecorder watch = new WatchRecorder(storage.watch("/registry/lin/", 1))) {
        List<Thread> threads = clients(history, storage, 6, Integer.MAX_VALUE);
        for (int round = 0; round < 3; round++) {
          // Whoever leads: each member is killed once.
          awaitMore(history, 300);
          etcd.kill(round);
          awaitMore(history, 300);
          etcd.restart(round);
        }
        awaitMore(history, 300);
        history.stop.set(true);
        for (Thread thread : threads) {
          thread.join();
        }
        history.assertLinearisable();
        long last =
            storage.list("/registry/lin/", "", 0, 0).await().atMost(WAIT).items().stream()
                .mapToLong(KeyValue::modRevision)
                .max()
                .orElse(0);
        Awaitility.await().atMost(WAIT).until(() -> watch.revision() >= last);
        assertThat(watch.failure()).isNull();
        long revision = 0;
        for (StorageChange change : watch.changes()) {
          assertThat(change.revision()).isGreaterThan(revision);
          revision = change.revision();
        }
      }
      System.out.println(history.size() + " operations");
      storage.close().await().atMost(WAIT);
    } finally {
      vertx.close().await();
    }
  }

  private static void awaitMore(History history, int count) {
    int before = history.size();
    Awaitility.await().atMost(WAIT).until(() -> history.size() >= before + count);
  }
}
