package dev.coracle.benchmarks.api;

import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.config.ApiServerOptions.Identity;
import dev.coracle.apiserver.config.ApiServerOptions.Kubelets;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Listen;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.launcher.pki.CertificateAuthority.Request;
import dev.coracle.launcher.pki.ClusterPki;
import dev.coracle.launcher.pki.ClusterPki.Credential;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that is an API server on the embedded storage and nothing else: the filters, admission
 * plugins, validation and durability of the product, no controllers. Argument: a directory. Says
 * its port on standard output, and ends with its standard input.
 */
final class ServerMain {

  /** Where in the directory the certificates stand. */
  static final String PKI = "pki";

  private ServerMain() {}

  public static void main(String[] arguments) throws Exception {
    Path work = Path.of(arguments[0]);
    Vertx vertx = Vertx.vertx();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    WatchHub hub =
        new WatchHub(
            vertx,
            new EmbeddedStorage(EmbeddedOptions.defaults(work.resolve("store")), registry),
            HubOptions.DEFAULTS,
            registry);
    ApiServer server = new ApiServer(vertx, hub, options(work), registry);
    hub.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    System.out.println(server.port());
    while (System.in.read() >= 0) {}
    server.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    vertx.close().await();
  }

  private static ApiServerOptions options(Path work) throws IOException {
    ClusterPki pki = new ClusterPki(work.resolve(PKI), Clock.systemUTC());
    pki.open();
    Credential serving =
        pki.credential(
            "apiserver",
            new Request(
                "kube-apiserver",
                List.of(),
                List.of("localhost"),
                List.of("127.0.0.1"),
                true,
                true,
                Duration.ofDays(1)));
    var _ = pki.credential("admin", Request.client("kubernetes-admin", "system:masters"));
    return new ApiServerOptions(
        new Listen(
            "127.0.0.1", 0, "127.0.0.1", serving.certificate(), serving.key(), pki.caCertificate()),
        Identity.of(pki.serviceAccountKey()),
        new Kubelets(serving.certificate(), serving.key(), pki.caCertificate()),
        Services.DEFAULT,
        Limits.DEFAULT);
  }
}
