package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract through etcd's protocol into the embedded storage, and etcdctl at the same door. */
class EtcdFrontendTest extends StorageContract {

  @TempDir static Path directory;
  private static Vertx vertx;
  private static EmbeddedStorage embedded;
  private static EtcdFrontend frontend;

  @BeforeAll
  static void serve() throws Exception {
    vertx = Vertx.vertx();
    embedded =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory).withDurable(false), new SimpleMeterRegistry());
    await(embedded.open());
    frontend = new EtcdFrontend(vertx, embedded, EtcdFrontendOptions.loopback(0));
    frontend.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() throws Exception {
    frontend.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    await(embedded.close());
    vertx.close().await();
  }

  @Override
  protected Storage newStorage() {
    return new EtcdStorage(
        vertx,
        EtcdOptions.of(List.of("http://127.0.0.1:" + frontend.port()))
            .withCompactEvery(Duration.ZERO),
        new SimpleMeterRegistry());
  }

  private static ProcessBuilder etcdctl(String... arguments) {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/etcdctl")),
        "etcdctl is not installed (Debian: etcd-client)");
    List<String> command =
        new ArrayList<>(List.of("/usr/bin/etcdctl", "--endpoints", "127.0.0.1:" + frontend.port()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    return builder;
  }

  private static String run(ProcessBuilder builder, String input) throws Exception {
    Process process = builder.start();
    process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return text;
    }
  }

  private static String ctl(String... arguments) throws Exception {
    return run(etcdctl(arguments), "");
  }

  @Test
  void etcdctlGetsPutsAndDeletes() throws Exception {
    assertThat(ctl("put", key("a"), "1")).isEqualTo("OK\n");
    assertThat(ctl("put", key("b"), "2", "--prev-kv")).startsWith("OK");
    assertThat(ctl("get", "--prefix", prefix())).isEqualTo(key("a") + "\n1\n" + key("b") + "\n2\n");
    assertThat(ctl("get", "--prefix", prefix(), "--keys-only", "--order", "DESCEND"))
        .isEqualTo(key("b") + "\n\n" + key("a") + "\n\n");
    assertThat(ctl("del", "--prefix", prefix())).isEqualTo("2\n");
    assertThat(ctl("endpoint", "health")).contains("is healthy");
    assertThat(ctl("endpoint", "status")).contains("3.5");
    assertThat(ctl("member", "list")).contains("coracle");
    assertThat(ctl("alarm", "list")).isEmpty();
  }

  @Test
  void etcdctlTransacts() throws Exception {
    ctl("put", key("a"), "old");
    String program =
        "value(\""
            + key("a")
            + "\") = \"old\"\n\nput "
            + key("a")
            + " new\nget "
            + key("a")
            + "\n\nget "
            + key("a")
            + "\n\n";
    assertThat(run(etcdctl("txn", "-i=false"), program)).startsWith("SUCCESS").contains("new");
    assertThat(run(etcdctl("txn", "-i=false"), program)).startsWith("FAILURE").contains("new");
  }

  @Test
  void etcdctlLeasesAndCompacts() throws Exception {
    String granted = ctl("lease", "grant", "100");
    String id = granted.split(" ")[1];
    ctl("put", key("leased"), "x", "--lease", id);
    assertThat(ctl("lease", "timetolive", id, "--keys"))
        .contains("granted with TTL(100s)")
        .contains(key("leased"));
    assertThat(ctl("lease", "list")).contains(id);
    assertThat(ctl("lease", "keep-alive", "--once", id)).contains("keepalived with TTL(100)");
    assertThat(ctl("lease", "revoke", id)).contains("revoked");
    assertThat(ctl("get", key("leased"))).isEmpty();
    long now = await(embedded.revision());
    assertThat(ctl("compact", "" + now)).contains("compacted revision " + now);
    assertThat(ctl("get", key("x"), "--rev", "2")).contains("has been compacted");
  }

  @Test
  void etcdctlWatches() throws Exception {
    Process process = etcdctl("watch", "--prefix", prefix(), "--prev-kv").start();
    try {
      StringBuilder seen = new StringBuilder();
      Thread reader =
          Thread.ofVirtual()
              .start(() -> {
                try (InputStream out = process.getInputStream()) {
                  for (int c; (c = out.read()) >= 0; ) {
                    synchronized (seen) {
                      seen.append((char) c);
                    }
                  }
                } catch (java.io.IOException e) {
                  return; // the process was ended
                }
              });
      Awaitility.await()
          .atMost(WAIT)
          .until(() -> {
            put("a", "1");
            synchronized (seen) {
              return seen.toString().contains("PUT");
            }
          });
      await(storage.delete(key("a"), 0));
      Awaitility.await()
          .atMost(WAIT)
          .until(() -> {
            synchronized (seen) {
              return seen.toString().contains("DELETE\n" + key("a") + "\n1");
            }
          });
      assertThat(reader.isAlive()).isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void beyondLoopbackItNeedsCertificates() {
    assertThatThrownBy(() -> new EtcdFrontendOptions("0.0.0.0", 0, null, null, null))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
