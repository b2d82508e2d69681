package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.tls.PemKeyManager;
import dev.coracle.apiserver.internal.authn.ClientTrust;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** For how long others may keep an answer (upstream: TestCacheControl, and tokens' issuer). */
@ExtendWith(OwnServer.class)
class CachedAnswersTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/ | no-cache, private",
        "/healthz | no-cache, private",
        "/openapi/v2 | no-cache, private",
        "/api | no-cache, private",
        "/apis/apps/v1 | no-cache, private",
        "/api/v1/namespaces | no-cache, private",
        "/api/v1/namespaces/nobody | no-cache, private",
        "/.well-known/openid-configuration | public, max-age=3600",
        "/openid/v1/jwks | public, max-age=3600"
      })
  void areTheClientsOwnButForWhatIsNoSecret(String path, String expected, TestServer server)
      throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(
        new KeyManager[] {
          PemKeyManager.of(server.pki().path("admin.crt"), server.pki().path("admin.key"))
        },
        new TrustManager[] {new ClientTrust(List.of(server.pki().path("ca.crt"))).lenient()},
        null);
    try (HttpClient client = HttpClient.newBuilder().sslContext(tls).build()) {
      URI uri = URI.create("https://127.0.0.1:" + server.server().port() + path);
      var answer = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding());
      assertThat(answer.headers().firstValue("Cache-Control")).contains(expected);
    }
  }
}
