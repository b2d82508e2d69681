package dev.coracle.apiserver.internal.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.apiserver.EncryptionAtRest;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.config.EncryptionOptions;
import dev.coracle.apiserver.internal.identity.ServerId;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A configuration that changes while everything goes on. */
class EncryptionReloadTest {

  private static final GroupResource SECRETS = new GroupResource("", "secrets");
  private static final NamespacedName NAME = new NamespacedName("d", "s");
  private static final String METRICS = "apiserver_encryption_config_controller_";

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static <T> T get(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(30));
  }

  private static String key(String name) {
    byte[] secret = new byte[32];
    secret[0] = (byte) name.hashCode();
    return "{name: " + name + ", secret: " + Base64.getEncoder().encodeToString(secret) + "}";
  }

  private String say(String providers) throws Exception {
    String config =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources: [{resources: [secrets], providers: [%s]}]
        """
            .formatted(providers);
    Files.writeString(dir.resolve("next"), config);
    Files.move(dir.resolve("next"), dir.resolve("config.yaml"), StandardCopyOption.ATOMIC_MOVE);
    return ServerId.sha256(config);
  }

  private void reloads(String status, int times) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    meters
                        .counter(
                            METRICS + "automatic_reloads_total",
                            "status",
                            status,
                            "apiserver_id_hash",
                            ServerId.here().hash())
                        .count())
                .isEqualTo(times));
  }

  private List<String> hashes() {
    return meters.find(METRICS + "last_config_info").gauges().stream()
        .map(gauge -> gauge.getId().getTag("hash"))
        .toList();
  }

  private Storage bare() {
    return new EmbeddedStorage(
        EmbeddedOptions.defaults(dir.resolve("store")), new SimpleMeterRegistry());
  }

  private static KubeObject secret(String name) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"d","name":"%s"},
         "data":{"word":"hush"}}\
        """
            .formatted(name));
  }

  @Test
  void aNewConfigurationWritesAtOnceAndWhatIsWrittenWithTheOldOneIsWrittenAnew() throws Exception {
    String first = say("{aesgcm: {keys: [" + key("one") + "]}}");
    Storage storage =
        EncryptionAtRest.around(
            bare(),
            "/registry",
            new EncryptionOptions(dir.resolve("config.yaml"), true),
            vertx,
            meters);
    assertThat(EncryptionAtRest.healthChecks(storage))
        .extracting(HealthCheck::name)
        .containsExactly("kms-providers");
    assertThat(hashes()).containsExactly(first);
    WatchHub hub = new WatchHub(vertx, storage, HubOptions.DEFAULTS, new SimpleMeterRegistry());
    hub.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    KubeObject made = get(hub.create(SECRETS, secret("s")));

    String second = say("{aesgcm: {keys: [" + key("two") + "," + key("one") + "]}}");
    reloads("success", 1);
    assertThat(hashes()).containsExactly(second);
    KubeObject same = get(hub.update(SECRETS, NAME, o -> Uni.createFrom().item(o)));
    assertThat(same.resourceVersion()).isNotEqualTo(made.resourceVersion());
    KubeObject again = get(hub.update(SECRETS, NAME, o -> Uni.createFrom().item(o)));
    assertThat(again.resourceVersion()).as("once").isEqualTo(same.resourceVersion());

    say("{aesgcm: {keys: []}}");
    reloads("failure", 1);
    assertThat(hashes()).as("the former one stays").containsExactly(second);
    get(hub.create(SECRETS, secret("t")));
    hub.stop().toCompletableFuture().get(30, TimeUnit.SECONDS);

    Storage raw = bare();
    get(raw.open());
    for (String name : List.of("s", "t")) {
      byte[] value = get(raw.get("/registry/secrets/d/" + name, 0)).orElseThrow().value();
      assertThat(new String(value, StandardCharsets.ISO_8859_1))
          .startsWith("k8s:enc:aesgcm:v1:two:");
    }
    get(raw.close());
  }

  @Test
  void aConfigurationThatIsWrongAtTheStartIsAnError() throws Exception {
    say("{aesgcm: {keys: []}}");
    assertThatThrownBy(() ->
            EncryptionSource.following(
                vertx,
                "/registry",
                dir.resolve("config.yaml"),
                meters,
                java.time.Clock.systemUTC()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the encryption configuration")
        .hasMessageContaining("aesgcm.keys: Required value");
  }
}
