package dev.coracle.dashboard;

import dev.coracle.dashboard.fake.DemoCluster;
import dev.coracle.dashboard.fake.FakeApiServer;
import dev.coracle.dashboard.fake.FakeCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** One browser and one API server, with the demo cluster in it, signed in as {@code admin}. */
final class DashboardFixture implements AutoCloseable {
  /** What a class has used the next one uses: a browser's start takes longer than many a test. */
  private static final Queue<Browser> IDLE = new ConcurrentLinkedQueue<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(DashboardFixture::closeBrowsers));
  }

  private static void closeBrowsers() {
    for (Browser browser; (browser = IDLE.poll()) != null; ) {
      try {
        browser.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  final FakeApiServer server;
  final DemoCluster demo;
  final Browser browser;

  DashboardFixture(boolean secure) throws Exception {
    Optional<Browser> idle = Optional.ofNullable(IDLE.poll());
    browser = idle.isPresent() ? idle.get() : Browser.start();
    server = new FakeApiServer(new FakeCluster(), secure, 0);
    demo = new DemoCluster(server);
    demo.fill();
  }

  FakeCluster cluster() {
    return server.cluster;
  }

  void signIn(String token) {
    browser.open(server.url() + "#token=" + token);
    browser.find("coracle-app main h1");
  }

  /** What the store says of the collection whose address ends so. */
  Map<?, ?> collection(String suffix) {
    List<?> all = (List<?>) browser.js("return window.coracle.inspect()");
    return all.stream()
        .<Map<?, ?>>map(one -> (Map<?, ?>) one)
        .filter(one -> one.get("id").toString().endsWith(suffix))
        .findFirst()
        .orElseGet(() -> Map.of("state", "none"));
  }

  void awaitState(String suffix, String state) {
    browser.await(suffix + " " + state, () -> state.equals(collection(suffix).get("state")));
  }

  @Override
  public void close() throws Exception {
    try {
      browser.leave();
      IDLE.add(browser);
    } finally {
      server.close();
    }
  }
}
