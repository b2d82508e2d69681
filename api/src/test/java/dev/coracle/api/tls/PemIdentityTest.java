package dev.coracle.api.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys as openssl writes them, proven by real handshakes. */
class PemIdentityTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "RSA, genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    "RSA, genrsa -traditional 2048",
    "EC, genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    "EC, ecparam -name secp384r1 -genkey",
    "EdDSA, genpkey -algorithm ED25519"
  })
  void everyFormOfKeyServesAHandshake(String algorithm, String generate) throws Exception {
    PemIdentity identity = make(generate);
    assertThat(identity.key().getAlgorithm()).isEqualTo(algorithm);
    assertThat(handshake(new PemKeyManager(identity), identity.chain().getFirst()))
        .isEqualTo(identity.chain().getFirst());
  }

  @Test
  void aReplacedIdentityIsShownFromThenOn() throws Exception {
    PemKeyManager manager = new PemKeyManager(make("genpkey -algorithm ED25519"));
    PemIdentity renewed = make("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    manager.replace(renewed);
    assertThat(handshake(manager, renewed.chain().getFirst()))
        .isEqualTo(renewed.chain().getFirst());
  }

  @Test
  void aKeyOfAnotherKindThanTheCertificateIsRefused() throws Exception {
    make("genpkey -algorithm ED25519");
    byte[] certificate = Files.readAllBytes(directory.resolve("tls.crt"));
    make("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    byte[] key = Files.readAllBytes(directory.resolve("tls.key"));
    assertThatThrownBy(() -> PemIdentity.parse(certificate, key))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessageContaining("does not belong");
  }

  @Test
  void whatIsNoKeyIsRefused() throws Exception {
    make("genpkey -algorithm ED25519");
    byte[] certificate = Files.readAllBytes(directory.resolve("tls.crt"));
    for (String text :
        new String[] {
          "",
          "hello",
          "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
          "-----BEGIN EC PRIVATE KEY-----\nMAMCAQE=\n-----END EC PRIVATE KEY-----\n",
          "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n",
          "-----BEGIN RSA PRIVATE KEY-----\n!\n-----END RSA PRIVATE KEY-----\n"
        }) {
      assertThatThrownBy(
              () -> PemIdentity.parse(certificate, text.getBytes(StandardCharsets.UTF_8)))
          .as(text)
          .isInstanceOf(GeneralSecurityException.class);
    }
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = directory.resolve("missing.crt");
    assertThatThrownBy(() -> PemIdentity.read(missing, missing))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("missing.crt");
  }

  private PemIdentity make(String generate) throws Exception {
    Path key = directory.resolve("tls.key");
    Path certificate = directory.resolve("tls.crt");
    openssl(generate.replaceFirst(" ", " -out " + key + " "));
    openssl("req -x509 -new -days 1 -subj /CN=test -key " + key + " -out " + certificate);
    return PemIdentity.read(certificate, key);
  }

  private void openssl(String arguments) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
    ProcessBuilder openssl =
        new ProcessBuilder(("/usr/bin/openssl " + arguments).split(" "))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("openssl.log").toFile());
    assertThat(openssl.start().waitFor()).as(arguments).isZero();
  }

  /** What a client that trusts one certificate sees of the server. */
  private static X509Certificate handshake(KeyManager server, X509Certificate trusted)
      throws Exception {
    SSLContext serving = SSLContext.getInstance("TLS");
    serving.init(new KeyManager[] {server}, null, null);
    KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
    trust.load(null, null);
    trust.setCertificateEntry("server", trusted);
    TrustManagerFactory trusting =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusting.init(trust);
    SSLContext asking = SSLContext.getInstance("TLS");
    asking.init(null, trusting.getTrustManagers(), null);
    try (SSLServerSocket listening =
            (SSLServerSocket) serving.getServerSocketFactory().createServerSocket(0);
        SSLSocket client =
            (SSLSocket)
                asking.getSocketFactory().createSocket("127.0.0.1", listening.getLocalPort())) {
      Thread serve =
          Thread.startVirtualThread(() -> {
            try (SSLSocket accepted = (SSLSocket) listening.accept()) {
              accepted.startHandshake();
              accepted.getInputStream().read();
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      client.startHandshake();
      X509Certificate seen =
          (X509Certificate) Arrays.asList(client.getSession().getPeerCertificates()).getFirst();
      client.close();
      serve.join();
      return seen;
    }
  }
}
