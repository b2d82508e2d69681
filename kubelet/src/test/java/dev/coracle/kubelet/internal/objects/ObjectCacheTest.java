package dev.coracle.kubelet.internal.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.client.fake.FakeClient;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ObjectCacheTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeClient api = new FakeClient();
  private final InformerFactory informers = new InformerFactory(SerialContext.of(vertx), api);
  private final Set<String> changed = ConcurrentHashMap.newKeySet();
  private final ObjectCache cache =
      new ObjectCache(
          api, informers, informers.informer(Resources.SERVICES).lister(), changed::add);

  @AfterEach
  void stop() throws Exception {
    informers.stop().await().atMost(Duration.ofSeconds(30));
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private void make() {
    api.put(
        Resources.CONFIG_MAPS,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"cm\",\"namespace\":\"ns\"}}"));
  }

  @Test
  void anObjectMadeBetweenTheLookAndTheFirstListIsTold() {
    AtomicBoolean listable = new AtomicBoolean();
    api.failWhen(call ->
        call.verb().equals("list") && !listable.get()
            ? Optional.of(StatusException.internal("not yet"))
            : Optional.empty());
    assertThatThrownBy(() -> cache.get("u1", Resources.CONFIG_MAPS, "ns", "cm"))
        .isInstanceOf(StatusException.class);
    make();
    listable.set(true);
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(changed).containsExactly("u1"));
  }

  @Test
  void whatIsThereFromTheBeginningIsNoNews() {
    make();
    assertThat(cache.get("u1", Resources.CONFIG_MAPS, "ns", "cm").name()).isEqualTo("cm");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> !api.calls("watch", Resources.CONFIG_MAPS).isEmpty());
    assertThat(changed).isEmpty();
  }
}
