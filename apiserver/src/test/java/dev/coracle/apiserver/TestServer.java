package dev.coracle.apiserver;

import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.config.ApiServerOptions.Identity;
import dev.coracle.apiserver.config.ApiServerOptions.Kubelets;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Listen;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A whole API server over a store in memory, for one test class. */
public final class TestServer implements AutoCloseable {

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final TestPki pki;
  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final ApiServer server;

  /**
   * @param dir empty, for certificates and kubeconfigs
   */
  public TestServer(Path dir) throws Exception {
    this(dir, new MemoryStore());
  }

  public TestServer(Path dir, ResourceStore store) throws Exception {
    this(dir, store, SecurityOptions.DEFAULT);
  }

  public TestServer(Path dir, ResourceStore store, SecurityOptions security) throws Exception {
    this(dir, store, security, Services.DEFAULT);
  }

  public TestServer(Path dir, ResourceStore store, SecurityOptions security, Services services)
      throws Exception {
    this(dir, store, security, services, Limits.DEFAULT);
  }

  public TestServer(
      Path dir, ResourceStore store, SecurityOptions security, Services services, Limits limits)
      throws Exception {
    this(dir, store, security, services, limits, Shutdown.DEFAULT);
  }

  public TestServer(
      Path dir,
      ResourceStore store,
      SecurityOptions security,
      Services services,
      Limits limits,
      Shutdown shutdown)
      throws Exception {
    pki = new TestPki(dir);
    pki.issue("admin", "/O=system:masters/CN=admin");
    server =
        new ApiServer(
            vertx,
            store,
            options(pki, 0, services, limits, shutdown).withSecurity(security),
            meters,
            ApiServerHooks.NONE);
    server.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    pki.kubeconfig("admin", server.port());
  }

  static ApiServerOptions options(TestPki pki, int port) {
    return options(pki, port, Services.DEFAULT, Limits.DEFAULT, Shutdown.DEFAULT);
  }

  private static ApiServerOptions options(
      TestPki pki, int port, Services services, Limits limits, Shutdown shutdown) {
    return new ApiServerOptions(
        new Listen(
            "127.0.0.1",
            port,
            "127.0.0.1",
            pki.path("server.crt"),
            pki.path("server.key"),
            pki.path("ca.crt")),
        Identity.of(pki.path("sa.key")),
        new Kubelets(pki.path("server.crt"), pki.path("server.key"), pki.path("ca.crt")),
        services,
        limits,
        shutdown,
        SecurityOptions.DEFAULT,
        Map.of("port", "0", "log-sink", "https://CLASSIFIED@logs.example"));
  }

  public TestPki pki() {
    return pki;
  }

  public Vertx vertx() {
    return vertx;
  }

  public ApiServer server() {
    return server;
  }

  /** Asks this server by default, with the certificate of this name. */
  public HttpClientAgent client(String user, HttpVersion version) {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setSsl(true)
            .setUseAlpn(true)
            .setProtocolVersion(version)
            .setDefaultHost("127.0.0.1")
            .setDefaultPort(server.port())
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .setCertPath(pki.path(user + ".crt").toString())
                    .setKeyPath(pki.path(user + ".key").toString()))
            .setTrustOptions(new PemTrustOptions().addCertPath(pki.path("ca.crt").toString())));
  }

  public MeterRegistry meters() {
    return meters;
  }

  @Override
  public void close() throws Exception {
    server.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** Serves until the process ends: for trying things by hand. */
  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[0]);
    TestServer running = new TestServer(dir);
    System.out.println("KUBECONFIG=" + running.pki.path("admin.kubeconfig"));
    Thread.currentThread().join();
  }
}
