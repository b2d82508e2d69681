package dev.coracle.apiserver.internal.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.apiserver.internal.identity.ServerId;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over the embedded storage, with the hub above it. */
class EncryptedStorageTest {

  private static final GroupResource SECRETS = new GroupResource("", "secrets");
  private static final NamespacedName NAME = new NamespacedName("d", "s");
  private static final String KEY = "/registry/secrets/d/s";

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private EncryptionConfig config(String providers) {
    return EncryptionConfig.parse(
        vertx,
        "/registry",
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets, "*.example.com"]
          providers:
        %s
        """
            .formatted(providers.indent(2))
            .getBytes(StandardCharsets.UTF_8),
        meters);
  }

  private static String key(String provider, String... names) {
    StringBuilder out = new StringBuilder("- " + provider + ": {keys: [");
    for (String name : names) {
      byte[] secret = new byte[32];
      secret[0] = (byte) name.hashCode();
      out.append("{name: " + name + ", secret: ")
          .append(Base64.getEncoder().encodeToString(secret))
          .append("},");
    }
    return out + "]}\n";
  }

  private Storage bare() {
    return new EmbeddedStorage(
        EmbeddedOptions.defaults(dir.resolve("store")), new SimpleMeterRegistry());
  }

  private static <T> T get(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(30));
  }

  /** What really lies in the store. */
  private String raw(String key) {
    Storage storage = bare();
    get(storage.open());
    try {
      return new String(
          get(storage.get(key, 0)).orElseThrow().value(), StandardCharsets.ISO_8859_1);
    } finally {
      get(storage.close());
    }
  }

  private interface Work {
    void with(WatchHub hub) throws Exception;
  }

  private void hub(String providers, Work work) throws Exception {
    WatchHub hub =
        new WatchHub(
            vertx,
            new EncryptedStorage(bare(), config(providers)),
            HubOptions.DEFAULTS,
            new SimpleMeterRegistry());
    hub.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    try {
      work.with(hub);
    } finally {
      hub.stop().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private static KubeObject secret(String word) {
    return KubeObject.parse(
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"namespace\":\"d\",\"name\":\"s\"},"
            + "\"data\":{\"word\":\""
            + word
            + "\"}}");
  }

  private double transformed(String way, String prefix, String status, String resource) {
    Counter found =
        meters
            .find("apiserver_storage_transformation_operations_total")
            .tags("transformation_type", way, "transformer_prefix", prefix)
            .tags("status", status, "resource", resource)
            .counter();
    return found == null ? 0 : found.count();
  }

  /** Whoever leaves a provider wants to see that its values are read no more. */
  @Test
  void whatProvidersDoIsCounted() {
    Providers both = config(key("aescbc", "new") + key("aesgcm", "old")).of(KEY);
    Providers old = config(key("aesgcm", "old")).of(KEY);
    byte[] plain = {1, 2, 3};
    byte[] before = old.seal(KEY, plain);
    both.open(KEY, before);
    both.open(KEY, both.seal(KEY, plain));
    before[before.length - 1] ^= 1;
    assertThatThrownBy(() -> both.open(KEY, before)).isInstanceOf(IllegalStateException.class);
    byte[] nobodys = "k8s:enc:secretbox:v1:gone:x".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> both.open(KEY, nobodys)).isInstanceOf(IllegalStateException.class);
    config("- identity: {}\n").of("/registry/example.com/toys/d/t").open("/t", plain);

    String gcm = "k8s:enc:aesgcm:v1:";
    String cbc = "k8s:enc:aescbc:v1:";
    assertThat(transformed("to_storage", gcm, "OK", "secrets")).isEqualTo(1);
    assertThat(transformed("to_storage", cbc, "OK", "secrets")).isEqualTo(1);
    assertThat(transformed("from_storage", gcm, "OK", "secrets")).isEqualTo(1);
    assertThat(transformed("from_storage", cbc, "OK", "secrets")).isEqualTo(1);
    assertThat(transformed("from_storage", gcm, "unknown-non-grpc", "secrets")).isEqualTo(1);
    assertThat(transformed("from_storage", "unknown", "unknown-non-grpc", "secrets")).isEqualTo(1);
    assertThat(transformed("from_storage", "identity", "OK", "toys.example.com")).isEqualTo(1);
    assertThat(
            meters
                .get("apiserver_storage_transformation_duration_seconds")
                .tags("transformation_type", "from_storage", "transformer_prefix", gcm)
                .timer()
                .count())
        .as("failures have no duration")
        .isOne();
  }

  @Test
  void secretsAreEncryptedAndOthersAreNot() throws Exception {
    hub(
        key("aesgcm", "one") + "- identity: {}\n",
        hub -> {
          get(hub.create(SECRETS, secret("hush")));
          get(
              hub.create(
                  new GroupResource("", "configmaps"),
                  KubeObject.parse(
                      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":"
                          + "{\"namespace\":\"d\",\"name\":\"c\"}}")));
          get(
              hub.create(
                  new GroupResource("example.com", "things"),
                  KubeObject.parse(
                      "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Thing\",\"metadata\":"
                          + "{\"namespace\":\"d\",\"name\":\"t\"}}")));
          assertThat(get(hub.get(SECRETS, NAME)).text("data", "word")).isEqualTo("hush");
        });
    assertThat(raw(KEY)).startsWith("k8s:enc:aesgcm:v1:one:").doesNotContain("hush");
    assertThat(raw("/registry/configmaps/d/c")).startsWith("{");
    assertThat(raw("/registry/example.com/things/d/t")).startsWith("k8s:enc:aesgcm:v1:one:");
  }

  @Test
  void aNewKeyWritesAndTheOldOneReadsUntilAnUpdateThatChangesNothing() throws Exception {
    hub("- identity: {}\n", hub -> get(hub.create(SECRETS, secret("hush"))));
    assertThat(raw(KEY)).startsWith("{");
    hub(
        key("secretbox", "box") + "- identity: {}\n",
        hub -> {
          long before = Long.parseLong(get(hub.get(SECRETS, NAME)).resourceVersion());
          get(hub.update(SECRETS, NAME, o -> Uni.createFrom().item(o)));
          await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> Long.parseLong(get(hub.get(SECRETS, NAME)).resourceVersion()) > before);
          String written = get(hub.get(SECRETS, NAME)).resourceVersion();
          get(hub.update(SECRETS, NAME, o -> Uni.createFrom().item(o)));
          assertThat(get(hub.get(SECRETS, NAME)).resourceVersion())
              .as("it is written anew only once")
              .isEqualTo(written);
        });
    assertThat(raw(KEY)).startsWith("k8s:enc:secretbox:v1:box:");
    hub(
        key("aescbc", "two", "three") + key("secretbox", "box"),
        hub -> {
          assertThat(get(hub.get(SECRETS, NAME)).text("data", "word")).isEqualTo("hush");
          get(hub.update(SECRETS, NAME, o -> Uni.createFrom().item(secret("new"))));
        });
    // Its first providers are gone, but what they wrote is still in the store's history.
    assertThat(raw(KEY)).startsWith("k8s:enc:aescbc:v1:two:");
  }

  @Test
  void aMissingKeyIsSaidInWords() throws Exception {
    hub(key("aesgcm", "one"), hub -> get(hub.create(SECRETS, secret("hush"))));
    Storage storage = new EncryptedStorage(bare(), config(key("aesgcm", "other")));
    get(storage.open());
    assertThatThrownBy(() -> get(storage.get(KEY, 0)))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("put the provider or key back");
    get(storage.close());
  }

  @Test
  void aKeyManagementServiceGivesTheKeys() throws Exception {
    assumeTrue(vertx.isNativeTransportEnabled(), "UNIX sockets need a native transport");
    Path socket = dir.resolve("kms.sock");
    String providers =
        "- kms: {apiVersion: v2, name: sample, timeout: 30s, endpoint: \"unix://"
            + socket
            + "\"}\n";
    try (KmsPlugin plugin = new KmsPlugin(vertx, socket)) {
      hub(providers, hub -> get(hub.create(SECRETS, secret("hush"))));
      assertThat(raw(KEY)).startsWith("k8s:enc:kms:v2:sample:").doesNotContain("hush");
      assertThat(plugin.decrypts).hasValue(0);
      plugin.rotate();
      hub(
          providers,
          hub -> {
            assertThat(get(hub.get(SECRETS, NAME)).text("data", "word")).isEqualTo("hush");
            assertThat(plugin.decrypts).as("one seed, one question").hasValue(1);
            get(hub.update(SECRETS, NAME, o -> Uni.createFrom().item(o)));
          });
      assertThat(raw(KEY)).contains("key-2").doesNotContain("key-1");
      assertThat(used("to_storage", "key-1")).isEqualTo(1);
      assertThat(used("from_storage", "key-1")).isPositive();
      assertThat(used("to_storage", "key-2")).isEqualTo(1);
      assertThat(
              meters
                  .get("apiserver_envelope_encryption_kms_operations_latency_seconds")
                  .tags("method_name", "Decrypt", "grpc_status_code", "OK")
                  .timer()
                  .count())
          .isEqualTo(1);
    }
  }

  private double used(String way, String key) {
    return meters
        .get("apiserver_envelope_encryption_key_id_hash_total")
        .tags("transformation_type", way, "provider_name", "sample")
        .tag("key_id_hash", ServerId.sha256(key))
        .counter()
        .count();
  }

  @Test
  void mistakesAreSaidInWords() {
    assertThatThrownBy(() -> config("- rot13: {}\n")).hasMessageContaining("rot13");
    assertThatThrownBy(() -> config("- aesgcm: {keys: [{name: a, secret: YQ==}]}\n"))
        .hasMessageContaining("has 1 bytes");
    assertThatThrownBy(() -> config("- kms: {name: a, endpoint: \"unix:///x\"}\n"))
        .hasMessageContaining("only apiVersion v2");
  }
}
