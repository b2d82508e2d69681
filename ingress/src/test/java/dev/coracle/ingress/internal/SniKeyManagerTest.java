package dev.coracle.ingress.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.tls.PemIdentity;
import dev.coracle.api.tls.SniKeyManager;
import dev.coracle.api.tls.SniKeyManager.Named;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which certificate is shown for which name; the last word has a real handshake. */
class SniKeyManagerTest {

  @TempDir private Path directory;

  private PemIdentity fallback;
  private PemIdentity shop;
  private PemIdentity wild;
  private SniKeyManager manager;

  @BeforeEach
  void make() throws Exception {
    fallback = identity("RSA", "default.example");
    shop = identity("EC", "shop.example");
    wild = identity("EC", "*.wild.example");
    manager =
        new SniKeyManager(
            fallback, List.of(new Named(List.of(), shop), new Named(List.of(), wild)));
  }

  @Test
  void aNameFindsItsOwnCertificateThenItsWildcardThenTheDefault() {
    assertThat(shown("shop.example")).isEqualTo(shop);
    assertThat(shown("SHOP.example")).isEqualTo(shop);
    assertThat(shown("a.wild.example")).isEqualTo(wild);
    assertThat(shown("a.b.wild.example")).isEqualTo(fallback);
    assertThat(shown("wild.example")).isEqualTo(fallback);
    assertThat(shown("localhost")).isEqualTo(fallback);
  }

  @Test
  void whatAnIdentityIsSaidToBeForCountsForMoreThanWhatItSays() {
    manager =
        new SniKeyManager(
            fallback,
            List.of(
                new Named(List.of(), shop),
                new Named(List.of("Shop.example", "*.more.example"), wild)));
    assertThat(shown("shop.example")).isEqualTo(wild);
    assertThat(shown("a.more.example")).isEqualTo(wild);
    assertThat(shown("a.wild.example")).isEqualTo(fallback);
  }

  @Test
  void theNameInTheHandshakeDecides() throws Exception {
    assertThat(handshake("a.wild.example")).isEqualTo(wild.chain().getFirst());
    assertThat(handshake("shop.example")).isEqualTo(shop.chain().getFirst());
    assertThat(handshake("other.example")).isEqualTo(fallback.chain().getFirst());
  }

  private PemIdentity shown(String host) {
    String alias = manager.find(host);
    return new PemIdentity(
        List.of(manager.getCertificateChain(alias)), manager.getPrivateKey(alias));
  }

  private PemIdentity identity(String algorithm, String name) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
    Path key = directory.resolve(name.replace("*", "any") + ".key");
    Path certificate = directory.resolve(name.replace("*", "any") + ".crt");
    String kind = algorithm.equals("EC") ? "ec -pkeyopt ec_paramgen_curve:P-256" : "rsa:2048";
    List<String> command =
        List.of(
            ("openssl req -x509 -nodes -days 1 -subj /CN=test -newkey "
                    + kind
                    + " -addext subjectAltName=DNS:"
                    + name
                    + " -keyout "
                    + key
                    + " -out "
                    + certificate)
                .split(" "));
    Process openssl =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("openssl.log").toFile())
            .start();
    assertThat(openssl.waitFor()).as("openssl").isZero();
    return PemIdentity.read(certificate, key);
  }

  /** What a client sees that asks for a name. */
  private X509Certificate handshake(String host) throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      NetServer server =
          await(
              vertx
                  .createNetServer(
                      new NetServerOptions()
                          .setSsl(true)
                          .setKeyCertOptions(KeyCertOptions.wrap(manager)))
                  .connectHandler(_ -> {})
                  .listen(0, "127.0.0.1"));
      NetClient client =
          vertx.createNetClient(
              new NetClientOptions()
                  .setSsl(true)
                  .setTrustAll(true)
                  .setHostnameVerificationAlgorithm(""));
      NetSocket socket = await(client.connect(server.actualPort(), "127.0.0.1", host));
      X509Certificate seen = (X509Certificate) socket.peerCertificates().getFirst();
      await(client.close());
      return seen;
    } finally {
      await(vertx.close());
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
