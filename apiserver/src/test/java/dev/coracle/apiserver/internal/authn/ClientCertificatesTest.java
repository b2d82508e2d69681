package dev.coracle.apiserver.internal.authn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.UserInfo;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a client certificate stands for. */
class ClientCertificatesTest {

  @TempDir Path dir;

  private Optional<UserInfo> user(String subject) throws Exception {
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
      return ClientCertificates.user(
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
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
}
