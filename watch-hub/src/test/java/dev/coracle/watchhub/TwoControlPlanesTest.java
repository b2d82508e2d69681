package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two watch hubs, as of two control planes, on one real etcd. */
class TwoControlPlanesTest {

  private static final GroupResource MAPS = new GroupResource("", "configmaps");
  private static final GroupVersionKind MAP = GroupVersionKind.of("v1", "ConfigMap");
  private static final NamespacedName NAME = new NamespacedName("default", "counter");

  @TempDir Path directory;
  private EtcdServer etcd;
  private final List<Vertx> vertx = new ArrayList<>();
  private final List<WatchHub> hubs = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    EtcdServer.assumeInstalled();
    etcd = EtcdServer.start(directory, 1);
    for (int i = 0; i < 2; i++) {
      hubs.add(startedHub(HubOptions.DEFAULTS));
    }
  }

  private WatchHub startedHub(HubOptions options) throws Exception {
    Vertx mine = Vertx.vertx();
    vertx.add(mine);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Storage storage =
        new EtcdStorage(
            mine, EtcdOptions.of(etcd.endpoints()).withCompactEvery(Duration.ZERO), registry);
    WatchHub hub = new WatchHub(mine, storage, options, registry);
    hub.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return hub;
  }

  @AfterEach
  void stop() throws Exception {
    for (WatchHub hub : hubs) {
      hub.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
    for (Vertx one : vertx) {
      one.close().await();
    }
    if (etcd != null) {
      etcd.close();
    }
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(30));
  }

  private static KubeObject map(String name) {
    return KubeObject.create(MAP, "default", name, o -> o.putObject("data").put("n", "0"));
  }

  private static int count(KubeObject map) {
    return Integer.parseInt(map.text("data", "n"));
  }

  /** Nothing below its prefix tells a new cluster how far the etcd is. */
  @Test
  void aClusterBeginsBesideOneThatHasWrittenLast() throws Exception {
    for (int i = 0; i < 5; i++) {
      await(hubs.getFirst().create(MAPS, map("m" + i)));
    }
    WatchHub beside = startedHub(HubOptions.DEFAULTS.withPrefix("/beside"));
    hubs.add(beside);
    await(beside.create(MAPS, map("own")));
    assertThat(await(beside.get(MAPS, new NamespacedName("default", "own"))).name())
        .isEqualTo("own");
  }

  @Test
  void whatOneAcknowledgedTheOtherReadsAtOnce() {
    for (int i = 0; i < 20; i++) {
      WatchHub writer = hubs.get(i % 2);
      WatchHub reader = hubs.get(1 - i % 2);
      KubeObject made = await(writer.create(MAPS, map("m" + i)));
      assertThat(await(reader.get(MAPS, made.key())).resourceVersion())
          .isEqualTo(made.resourceVersion());
      assertThat(await(reader.list(MAPS, "default", ListOptions.ALL)).items()).hasSize(i + 1);
    }
  }

  @Test
  void aListOfAnyVersionShowsWhatWasAcknowledgedHere() {
    WatchHub hub = hubs.getFirst();
    for (int i = 0; i < 200; i++) {
      KubeObject made = await(hub.create(MAPS, map("m")));
      assertThat(await(hub.list(MAPS, "default", ListOptions.KNOWN)).items())
          .singleElement()
          .satisfies(m -> assertThat(m.resourceVersion()).isEqualTo(made.resourceVersion()));
      assertThat(await(hub.known(MAPS, "default")))
          .extracting(KubeObject::resourceVersion)
          .containsExactly(made.resourceVersion());
      assertThat(await(hub.known(MAPS, "defaul"))).isEmpty();
      await(hub.delete(MAPS, made.key(), _ -> Uni.createFrom().voidItem()));
      assertThat(await(hub.known(MAPS, "default"))).isEmpty();
    }
  }

  @Test
  void concurrentUpdatesThroughBothLoseNothing() throws Exception {
    KubeObject made = await(hubs.get(0).create(MAPS, map(NAME.name())));
    EventRecorder watch =
        new EventRecorder(
            hubs.get(1).watch(MAPS, "default", WatchOptions.from(made.resourceVersion())),
            Long.MAX_VALUE);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 6; t++) {
      WatchHub hub = hubs.get(t % 2);
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < 20; i++) {
                  await(
                      hub.update(
                          MAPS,
                          NAME,
                          o -> {
                            String next = "" + (count(o) + 1);
                            return Uni.createFrom()
                                .item(o.with(tree -> tree.withObject("/data").put("n", next)));
                          }));
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(count(await(hubs.get(0).get(MAPS, NAME)))).isEqualTo(120);
    assertThat(count(await(hubs.get(1).get(MAPS, NAME)))).isEqualTo(120);
    watch.await(120);
    watch.assertOrdered();
    assertThat(watch.size()).isEqualTo(120);
  }
}
