package dev.coracle.kubelet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.tls.TlsChoice;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsChoiceTest {
  private static final List<String> STRONG =
      List.of(
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305");
  private static final List<String> WEAKER =
      List.of("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");

  @TempDir Path directory;
  private final List<KubeletServer> servers = new ArrayList<>();
  private Vertx vertx;
  private TestPki pki;
  private ProcessRuntime runtime;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    runtime = new ProcessRuntime(vertx, Set.of("ws-v5"));
    pki = new TestPki(directory).issue("server", "CN=server");
  }

  @AfterEach
  void stop() throws Exception {
    servers.forEach(server -> server.stop().await().indefinitely());
    runtime.close();
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private static TlsChoice choice(String minVersion, List<String> suites) {
    return TlsChoice.of("tlsMinVersion", minVersion, "tlsCipherSuites", suites);
  }

  private int serve(TlsChoice choice) {
    KubeletServerOptions options =
        KubeletServerOptions.defaults(
                "n1", pki.certificate("server"), pki.key("server"), pki.certificate("ca"))
            .withListen("127.0.0.1", 0)
            .withTls(choice);
    KubeletServerBackend backend =
        new KubeletServerBackend(
            KubeletAuth.DENY,
            new FakePods(),
            runtime,
            (_, _, _, _) -> Uni.createFrom().failure(new IllegalStateException("not here")),
            KubectlStreamingTest.documents());
    KubeletServer server = new KubeletServer(vertx, options, backend);
    servers.add(server);
    return server.start().await().indefinitely();
  }

  /** What both agree on. */
  private static String shake(int port, String protocol, List<String> suites) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Credulous()}, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setEnabledProtocols(new String[] {protocol});
      if (!suites.isEmpty()) {
        socket.setEnabledCipherSuites(suites.toArray(String[]::new));
      }
      socket.startHandshake();
      return socket.getSession().getCipherSuite();
    }
  }

  private static final class Credulous implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void noLowerVersionIsSpokenThanTheLeast() throws Exception {
    int port = serve(choice("VersionTLS13", List.of()));
    assertThat(shake(port, "TLSv1.3", List.of())).startsWith("TLS_");
    assertThatThrownBy(() -> shake(port, "TLSv1.2", List.of()))
        .isInstanceOf(SSLException.class)
        .isInstanceOf(IOException.class);
    int wider = serve(choice("", List.of()));
    assertThat(shake(wider, "TLSv1.2", WEAKER)).contains("AES_128");
  }

  @Test
  void noOtherCiphersAreTakenThanThoseChosen() throws Exception {
    int port = serve(choice("VersionTLS12", STRONG));
    assertThat(shake(port, "TLSv1.2", List.of())).contains("256");
    assertThat(shake(port, "TLSv1.3", List.of("TLS_AES_128_GCM_SHA256"))).contains("AES_128");
    assertThatThrownBy(() -> shake(port, "TLSv1.2", WEAKER)).isInstanceOf(SSLException.class);
  }

  @Test
  void whatCannotBeSpokenIsRefused() {
    assertThatThrownBy(() -> choice("VersionTLS14", List.of()))
        .hasMessage("tlsMinVersion: unknown tls version \"VersionTLS14\"");
    assertThatThrownBy(() -> choice("VersionTLS11", List.of()))
        .hasMessageContaining("VersionTLS11 is not spoken any more");
    assertThatThrownBy(() -> choice("", List.of("TLS_NONE")))
        .hasMessage("tlsCipherSuites: Cipher suite TLS_NONE not supported or doesn't exist");
  }
}
