package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.tls.TlsChoice;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.config.TlsOptions;
import dev.coracle.apiserver.config.TlsOptions.NamedCertificate;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which certificates the server shows, and by which ciphers. Upstream:
 * test/integration/apiserver/certreload and test/integration/tls.
 */
class ServedCertificatesTest {

  private static final String STRONG = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
  private static final String WEAKER = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

  @TempDir static Path dir;
  private static TestPki other;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    other = new TestPki(Files.createDirectory(dir.resolve("other")));
    other.issue("public", "/CN=public", "api.example.org");
    server =
        new TestServer(
            Files.createDirectory(dir.resolve("own")),
            new MemoryStore(),
            SecurityOptions.DEFAULT.withTls(
                new TlsOptions(
                    TlsChoice.of("least", "VersionTLS12", "suites", List.of(STRONG)),
                    List.of(shown("public", "public")))));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static NamedCertificate shown(String certificate, String key) {
    return new NamedCertificate(
        other.path(certificate + ".crt"), other.path(key + ".key"), List.of());
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

  /** Whose certificate is shown to whoever asks for this name. */
  private static String shake(String name, String protocol, String... suites) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Credulous()}, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.server().port())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(name)));
      parameters.setProtocols(new String[] {protocol});
      if (suites.length > 0) {
        parameters.setCipherSuites(suites);
      }
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return certificate.getSubjectX500Principal().getName();
    }
  }

  @Test
  void theNameThatIsAskedForDecidesAndFilesAreFollowed() throws Exception {
    assertThat(shake("api.example.org", "TLSv1.3")).isEqualTo("CN=public");
    assertThat(shake("localhost", "TLSv1.3")).isEqualTo("CN=kube-apiserver");

    other.issue("public", "/CN=renewed", "api.example.org", "more.example.org");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> shake("more.example.org", "TLSv1.3").equals("CN=renewed"));
    server.pki().issue("server", "/CN=own-renewed", "localhost", "127.0.0.1");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> shake("localhost", "TLSv1.3").equals("CN=own-renewed"));
    assertThat(shake("api.example.org", "TLSv1.3")).isEqualTo("CN=renewed");

    HttpClientAgent client = server.client("admin", HttpVersion.HTTP_2);
    HttpClientResponse answer =
        client
            .request(HttpMethod.GET, "/api/v1/namespaces/default")
            .compose(HttpClientRequest::send)
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    client.close();
    assertThat(answer.statusCode()).as("by the client's certificate, too").isEqualTo(200);
    assertThat(answer.version()).isEqualTo(HttpVersion.HTTP_2);
  }

  @Test
  void noOtherCiphersAreTakenThanThoseChosen() throws Exception {
    assertThat(shake("api.example.org", "TLSv1.2", STRONG)).isNotEmpty();
    assertThatThrownBy(() -> shake("api.example.org", "TLSv1.2", WEAKER))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void aKeyOfAnotherCertificateIsSaidAtTheStart() throws Exception {
    other.issue("stray", "/CN=stray", "stray.example.org");
    Path fresh = Files.createDirectory(dir.resolve("fresh"));
    SecurityOptions options =
        SecurityOptions.DEFAULT.withTls(
            new TlsOptions(TlsChoice.DEFAULT, List.of(shown("public", "stray"))));
    assertThatThrownBy(() -> new TestServer(fresh, new MemoryStore(), options))
        .hasMessageContaining(
            "cannot use the API server's certificates: the key in "
                + other.path("stray.key")
                + " is not that of the certificate in "
                + other.path("public.crt"));
  }

  @Test
  void aFileThatIsNotThereIsSaidAtTheStart() throws Exception {
    Path fresh = Files.createDirectory(dir.resolve("fileless"));
    SecurityOptions options =
        SecurityOptions.DEFAULT.withTls(
            new TlsOptions(TlsChoice.DEFAULT, List.of(shown("public", "absent"))));
    assertThatThrownBy(() -> new TestServer(fresh, new MemoryStore(), options))
        .hasMessageContaining(
            "cannot use the API server's certificates: there is no file "
                + other.path("absent.key"));
  }
}
