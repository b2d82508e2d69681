package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a real etcd. */
class EtcdStorageTest extends StorageContract {

  @TempDir static Path directory;
  private static EtcdServer server;
  private static Vertx vertx;

  @BeforeAll
  static void startEtcd() throws Exception {
    EtcdServer.assumeInstalled();
    server = EtcdServer.start(directory, 1);
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopEtcd() throws Exception {
    if (vertx != null) {
      vertx.close().await();
    }
    if (server != null) {
      server.close();
    }
  }

  @Override
  protected Storage newStorage() {
    return storage(server.endpoints());
  }

  private static Storage storage(List<String> endpoints) {
    return new EtcdStorage(
        vertx,
        EtcdOptions.of(endpoints).withCompactEvery(Duration.ZERO),
        new SimpleMeterRegistry());
  }

  @Test
  void anEndpointThatIsNotThereIsLeftOut() {
    Storage other = storage(List.of("http://127.0.0.1:1", server.endpoint(0)));
    await(other.open());
    KeyValue made = await(other.create(key("x"), bytes("1"), 0));
    assertThat(made.version()).isEqualTo(1);
    await(other.close());
  }

  @Test
  void goesOnWhenEtcdComesBack() throws Exception {
    long start = put("a", "1").modRevision();
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix(), start))) {
      watch.awaitChanges(1);
      server.kill(0);
      server.restart(0);
      put("a", "2");
      put("a", "3");
      watch.awaitChanges(3);
      assertThat(watch.summary(prefix())).containsExactly("put a=1 @0", "put a=2 @1", "put a=3 @2");
    }
  }
}
