package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of calls in flight: etcd's stream resets once made the HTTP/2 client close its
 * connection.
 */
class EtcdManyCallsTest {

  @TempDir Path directory;

  @Test
  void aBusyConnectionIsNotTakenForAnAttack() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (EtcdServer server = EtcdServer.start(directory, 1)) {
      Storage storage =
          new EtcdStorage(
              vertx,
              EtcdOptions.of(server.endpoints()).withCompactEvery(Duration.ZERO),
              new SimpleMeterRegistry());
      storage.open().await().atMost(Duration.ofSeconds(10));
      List<KeyValue> all =
          Multi.createFrom()
              .range(0, 5000)
              .onItem()
              .transformToUni(i -> storage.create("/many/" + i, new byte[200], 0))
              .merge(200)
              .collect()
              .asList()
              .await()
              .atMost(Duration.ofSeconds(60));
      assertThat(all).hasSize(5000);
      assertThat(storage.list("/many/", "", 0, 0).await().atMost(Duration.ofSeconds(10)).items())
          .hasSize(5000);
      storage.close().await().atMost(Duration.ofSeconds(10));
    } finally {
      vertx.close().await();
    }
  }
}
