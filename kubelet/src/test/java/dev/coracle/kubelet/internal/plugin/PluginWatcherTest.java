package dev.coracle.kubelet.internal.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.plugin.SampleCsiDriver;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginWatcherTest {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final Timers timers = new Timers("plugins", Clock.systemUTC());
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final CountDownLatch again = new CountDownLatch(2);

  @TempDir private Path directory;

  @AfterEach
  void close() throws Exception {
    timers.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** Takes its time over the end of a plugin: more than the next one needs to be there. */
  private final PluginHandler handler =
      new PluginHandler() {
        @Override
        public void register(Plugin plugin) {
          heard.add("register");
          again.countDown();
        }

        @Override
        public void deregister(Plugin plugin) {
          try {
            assertThat(again.await(500, TimeUnit.MILLISECONDS)).isFalse();
            heard.add("deregister");
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      };

  private SampleCsiDriver driver() throws Exception {
    return new SampleCsiDriver(
            vertx, directory, "d.example.com", Files.createDirectories(directory.resolve("data")))
        .start();
  }

  @Test
  void aPluginThatRestartsIsRegisteredAfterItsEnd() throws Exception {
    assumeThat(vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    Path sockets = directory.resolve("plugins_registry");
    try (PluginWatcher watcher =
        new PluginWatcher(vertx, timers, sockets, Map.of("CSIPlugin", handler))) {
      watcher.start();
      try (SampleCsiDriver first = driver()) {
        await().atMost(Duration.ofSeconds(10)).until(() -> !first.told.isEmpty());
      }
      try (SampleCsiDriver second = driver()) {
        await().atMost(Duration.ofSeconds(10)).until(() -> !second.told.isEmpty());
      }
      assertThat(heard).startsWith("register", "deregister", "register");
    }
  }
}
