package dev.coracle.launcher.pki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.certificates.CertificateRequest;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterSignerTest {

  /** A request for {@code O=system:nodes, CN=system:node:n1} with five alternative names. */
  private static final String REQUEST =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIICwjCCAaoCAQAwMDEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMRcwFQYDVQQDDA5z
      eXN0ZW06bm9kZTpuMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALN7
      53DN7pXSzgvty0arw0o7zLoty23IndcPp7UGL4g8cBksjZC8wx2N/2S8GdA5oHP+
      o+OZjvcB408Xi+rnNfBUMjgAMWAONrNRV8SjRpiRxOM2d2H2m1akmLbpEss4iIpw
      Qzw2aztCl0zvCL3rtUkwiAvcFgIlGalsTq1hKliOt+RYfWpQZlzEZcLuAgKp8Fqh
      Kv1i8w96V4MQ2yRVwQW0Tsj0hta2dWV+RK7c5hhlxN1vLwzGrBQygb2vN7/pnJwI
      N8IwhcKLFl8zUwty472OGnPrMRYo9G5reO6/jHZ1ERoMECR1fLgzDuOoS7rTcK80
      UCrk/76Ge46mR9QgRIUCAwEAAaBNMEsGCSqGSIb3DQEJDjE+MDwwOgYDVR0RBDMw
      MYICbjGHBAoAAAGHECABDbgAAAAAAAAAAAAAAAGBBWFAYi5jhgxzcGlmZmU6Ly94
      L3kwDQYJKoZIhvcNAQELBQADggEBACuMnUg9/GmIOSACHfN3VvNP8g3/xn99mgfK
      FsyyPzeo0aX8fzo+74fTwFhg6NFGWb2dUq8IsnKMevD+5ZIppq7qrPX8qAK9JZ9F
      R4+n0pRLHE720muqNOppbKqDQCXbopdZsWqf5ObWS/rFG7AvD/H1qydTArMXMjpf
      U2ZslO7WbmGL/1D+Do5C0CeQ8Ynvy2bEJnQaJmceRxNMg97LkQNH95cH9ZbpQT2P
      DnH6y4v9b5BGjLpjytQdVDoh1s7eMApq5RO31y1CnPZ/NYyr0/ntvTLZB3geqGuw
      MZnceT13SviA5arNLmE0/0JctdD5x5mAPdoudpNcFEofdZoBc+M=
      -----END CERTIFICATE REQUEST-----
      """;

  @TempDir Path dir;

  private void opensslVerifies(Path authority, Path certificate) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "verify",
                "-x509_strict",
                "-no_check_time",
                "-CAfile",
                authority.toString(),
                certificate.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("openssl.log").toFile())
            .start();
    assertThat(openssl.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(openssl.exitValue()).as(Files.readString(dir.resolve("openssl.log"))).isZero();
  }

  @Test
  void aCertificateIsAsTheRequestAsks() throws Exception {
    Instant now = Instant.parse("2026-03-01T12:00:00Z");
    ClusterPki pki = new ClusterPki(dir, Clock.fixed(now, ZoneOffset.UTC));
    pki.open();
    Vertx vertx = Vertx.vertx();
    try {
      String pem =
          new ClusterSigner(vertx, pki)
              .sign(
                  CertificateRequest.parsePem(REQUEST.getBytes(StandardCharsets.US_ASCII)),
                  Set.of("server auth", "client auth", "digital signature"),
                  Duration.ofHours(2))
              .await()
              .atMost(Duration.ofSeconds(30));
      X509Certificate made =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
      made.verify(pki.authority().certificate().getPublicKey());
      assertThat(made.getSubjectX500Principal().getName())
          .isEqualTo("CN=system:node:n1,O=system:nodes");
      assertThat(made.getNotAfter().toInstant()).isEqualTo(now.plus(Duration.ofHours(2)));
      assertThat(made.getBasicConstraints()).as("it is no authority").isEqualTo(-1);
      assertThat(made.getKeyUsage()[0]).as("digital signature").isTrue();
      assertThat(made.getKeyUsage()[2]).as("key encipherment").isFalse();
      assertThat(made.getExtendedKeyUsage())
          .containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
      assertThat(made.getSubjectAlternativeNames()).hasSize(5);
      assertThat(made.getExtensionValue("2.5.29.35"))
          .as("it names the authority's key")
          .endsWith(
              Arrays.copyOfRange(
                  pki.authority().certificate().getExtensionValue("2.5.29.14"), 4, 24));
      Files.writeString(dir.resolve("made.crt"), pem);
      opensslVerifies(pki.caCertificate(), dir.resolve("made.crt"));
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }
}
