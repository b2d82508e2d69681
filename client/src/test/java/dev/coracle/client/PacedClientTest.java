package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.TokenBucket;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.client.fake.FakeClient;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How fast things are asked for, on a clock that is turned by hand. */
class PacedClientTest {
  private final List<Duration> pauses = new ArrayList<>();
  private final List<UniEmitter<? super Void>> waiting = new ArrayList<>();
  private final FakeClient api = new FakeClient();
  private long now;

  private final Client client =
      new PacedClient(
          api,
          new TokenBucket(2, 2, 0),
          () -> now,
          pause -> {
            pauses.add(pause);
            return Uni.createFrom().emitter(waiting::add);
          });

  @BeforeEach
  void one() {
    one("a");
  }

  private CompletableFuture<KubeObject> get() {
    return client.get(Resources.CONFIG_MAPS, "default", "a").subscribeAsCompletionStage();
  }

  @Test
  void whatIsMoreThanABurstWaitsItsTurn() {
    assertThat(get()).isCompleted();
    assertThat(
            client
                .list(Resources.CONFIG_MAPS, "default", ListOptions.ALL)
                .subscribeAsCompletionStage())
        .isCompleted();
    CompletableFuture<KubeObject> third = get();
    CompletableFuture<KubeObject> fourth = get();
    assertThat(third).isNotDone();
    assertThat(fourth).isNotDone();
    assertThat(pauses).containsExactly(Duration.ofMillis(500), Duration.ofMillis(1000));
    waiting.getFirst().complete(null);
    assertThat(third).isCompleted();
    assertThat(fourth).isNotDone();
    now = Duration.ofMillis(1500).toNanos();
    assertThat(get()).as("when all that waited is through").isCompleted();
  }

  @Test
  void aWatchIsOneRequest() {
    get();
    get();
    List<Object> seen = new ArrayList<>();
    var watch =
        client
            .watch(Resources.CONFIG_MAPS, "default", WatchOptions.from("0"))
            .subscribe()
            .with(seen::add);
    assertThat(pauses).containsExactly(Duration.ofMillis(500));
    waiting.getFirst().complete(null);
    one("b");
    one("c");
    assertThat(seen).hasSizeGreaterThanOrEqualTo(2);
    assertThat(pauses).hasSize(1);
    watch.cancel();
  }

  @Test
  void nothingIsTakenBeforeItIsAskedFor() {
    for (int i = 0; i < 10; i++) {
      client.get(Resources.CONFIG_MAPS, "default", "a");
    }
    assertThat(get()).isCompleted();
    assertThat(pauses).isEmpty();
  }

  private void one(String name) {
    api.create(
            Resources.CONFIG_MAPS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","namespace":"default"}}
                """
                    .formatted(name)))
        .await()
        .indefinitely();
  }
}
