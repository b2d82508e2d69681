package dev.coracle.apiserver.internal.authn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.Authenticator.Result;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a client certificate stands for. */
class ClientCertificatesTest {

  @TempDir Path dir;

  private Optional<UserInfo> user(String subject) throws Exception {
    return ClientCertificates.user(certificate(subject));
  }

  /** Valid for thirty days. */
  private X509Certificate certificate(String subject) throws Exception {
    Path config = dir.resolve("openssl.cnf");
    Files.writeString(
        config,
        """
        oid_section = oids
        [oids]
        k8sUid = 1.3.6.1.4.1.57683.2
        [req]
        distinguished_name = name
        [name]
        """);
    Path certificate = dir.resolve("user.crt");
    Process made =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                dir.resolve("user.key").toString(),
                "-config",
                config.toString(),
                "-subj",
                subject,
                "-out",
                certificate.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(made.waitFor()).as(said).isZero();
    try (InputStream in = Files.newInputStream(certificate)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  @Test
  void theUidTellsApartUsersOfOneName() throws Exception {
    UserInfo jane = user("/O=readers/CN=jane/k8sUid=u-7").orElseThrow();
    assertThat(jane.name()).isEqualTo("jane");
    assertThat(jane.uid()).isEqualTo("u-7");
    assertThat(jane.groups()).containsExactly("readers", UserInfo.AUTHENTICATED);
    assertThat(user("/CN=jane").orElseThrow().uid()).isEmpty();
  }

  @Test
  void theCertificateIsNamedByItsFingerprint() throws Exception {
    UserInfo jane = user("/CN=jane").orElseThrow();
    byte[] der;
    try (InputStream in = Files.newInputStream(dir.resolve("user.crt"))) {
      der = CertificateFactory.getInstance("X.509").generateCertificate(in).getEncoded();
    }
    String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
    assertThat(jane.extra())
        .containsExactly(
            Map.entry(
                "authentication.kubernetes.io/credential-id", List.of("X509SHA256=" + digest)));
  }

  @Test
  void twoUidsAreNobodys() throws Exception {
    assertThat(user("/CN=jane/k8sUid=a/k8sUid=b")).isEmpty();
  }

  /** A session of a client that came with this certificate; knows what the server asks of one. */
  private static SSLSession session(X509Certificate certificate) {
    Map<Object, Object> values = new HashMap<>();
    return (SSLSession)
        Proxy.newProxyInstance(
            SSLSession.class.getClassLoader(),
            new Class<?>[] {SSLSession.class},
            (_, method, args) ->
                switch (method.getName()) {
                  case "getPeerCertificates" -> new Certificate[] {certificate};
                  case "getValue" -> values.get(args[0]);
                  case "putValue" -> values.put(args[0], args[1]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @Test
  void aConnectionMayOutliveItsCertificate() throws Exception {
    X509Certificate certificate = certificate("/CN=jane@example.com");
    SSLSession session = session(certificate);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    AtomicReference<Instant> now = new AtomicReference<>(certificate.getNotAfter().toInstant());
    InstantSource clock = now::get;
    Authentication authentication =
        new Authentication(
            new ClientCertificates(new ClientTrust(List.of(dir.resolve("user.crt")))),
            List.of(),
            List.of(),
            _ -> true,
            new AuthenticationMeters(meters),
            clock.withZone(ZoneOffset.UTC));

    now.updateAndGet(end -> end.minusSeconds(3000));
    assertThat(authentication.authenticate(session, "", "/").await().indefinitely())
        .map(result -> result.user().name())
        .contains("jane@example.com");
    now.updateAndGet(then -> then.plusSeconds(3001));
    assertThat(authentication.authenticate(session, "", "/").await().indefinitely()).isEmpty();
    assertThat(authentication.authenticate(null, "", "/").await().indefinitely())
        .map(Result::user)
        .contains(UserInfo.ANONYMOUS);

    assertThat(meters.get("authentication_attempts").tag("result", "success").counter().count())
        .isEqualTo(2);
    assertThat(meters.get("authentication_attempts").tag("result", "failure").counter().count())
        .isEqualTo(1);
    assertThat(
            meters.get("authenticated_user_requests").tag("username", "email_id").counter().count())
        .isEqualTo(1);
    var expirations = meters.get("apiserver_client_certificate_expiration_seconds").summary();
    assertThat(expirations.count()).isEqualTo(1);
    assertThat(expirations.totalAmount()).isEqualTo(3000);
  }
}
