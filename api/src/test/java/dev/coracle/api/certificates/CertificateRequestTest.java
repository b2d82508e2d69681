package dev.coracle.api.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests made by OpenSSL. */
class CertificateRequestTest {

  private static final String NODE =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIHrMIGSAgEAMDAxFTATBgNVBAoMDHN5c3RlbTpub2RlczEXMBUGA1UEAwwOc3lz
      dGVtOm5vZGU6bjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQfF8FP6/nnssLN
      AA3jl9j+yFmf45O/DdqSlHHWykc5SYAunb4XlWirLYTXQ63YeOKnWsPakrVmxRmZ
      pBm91AgooAAwCgYIKoZIzj0EAwIDSAAwRQIhAPkzoXr/PMYtOHJhdUuERp/FjKLb
      uWCQPctG7lbRRH+NAiBHR/kp5mem5AnoEiw8Iwb+PixZ2IBndVezlFx8Il5VbQ==
      -----END CERTIFICATE REQUEST-----
      """;

  private static final String EVERY_NAME =
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

  private static final String ED25519 =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIGOMEICAQAwDzENMAsGA1UEAwwEamFuZTAqMAUGAytlcAMhAKmy04VQsY5r4RZq
      r8cH5IoSXoW/xgRzTQTc2DX8AVGeoAAwBQYDK2VwA0EAMS3kcy2uuwp1rkJBqUwP
      CRYM2H+X8GOcIklgJODdpXgvLJzwLs8V0yOvPrFnMy38Yxn6lUVaJmuHdFMaTJwd
      AA==
      -----END CERTIFICATE REQUEST-----
      """;

  private static CertificateRequest parse(String pem) {
    return CertificateRequest.parsePem(pem.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] der(String pem) {
    return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
  }

  @Test
  void aNodesRequestNamesTheNode() {
    CertificateRequest request = parse(NODE);
    assertThat(request.commonName()).isEqualTo("system:node:n1");
    assertThat(request.organizations()).containsExactly("system:nodes");
    assertThat(request.dnsNames()).isEmpty();
    assertThat(request.publicKey().getAlgorithm()).isEqualTo("EC");
  }

  @Test
  void everyKindOfAlternativeNameIsRead() {
    CertificateRequest request = parse(EVERY_NAME);
    assertThat(request.dnsNames()).containsExactly("n1");
    assertThat(request.ipAddresses()).containsExactly("10.0.0.1", "2001:db8:0:0:0:0:0:1");
    assertThat(request.emailAddresses()).containsExactly("a@b.c");
    assertThat(request.uris()).containsExactly("spiffe://x/y");
    assertThat(request.publicKey().getAlgorithm()).isEqualTo("RSA");
  }

  @Test
  void edwardsCurvesAreKnown() {
    assertThat(parse(ED25519).commonName()).isEqualTo("jane");
  }

  @Test
  void aChangedNameBreaksTheSignature() {
    byte[] der = der(NODE);
    for (int i = 0; i < der.length - 2; i++) {
      if (der[i] == 'n' && der[i + 1] == '1') {
        der[i + 1] = '2';
      }
    }
    assertThatThrownBy(() -> CertificateRequest.parse(der))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("signature");
  }

  @Test
  void whatIsMadeHereIsReadHere() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    String pem =
        CertificateRequest.make(
            pair,
            "system:node:w\u00f6lf",
            List.of("system:nodes", "more"),
            List.of("n1", "n1.example.com"),
            List.of("10.0.0.1", "2001:db8::1"));
    CertificateRequest request = parse(pem);
    assertThat(request.commonName()).isEqualTo("system:node:w\u00f6lf");
    assertThat(request.organizations()).containsExactly("system:nodes", "more");
    assertThat(request.dnsNames()).containsExactly("n1", "n1.example.com");
    assertThat(request.ipAddresses()).containsExactly("10.0.0.1", "2001:db8:0:0:0:0:0:1");
    assertThat(request.publicKey()).isEqualTo(pair.getPublic());
    assertThat(
            parse(CertificateRequest.make(pair, "x", List.of(), List.of(), List.of())).dnsNames())
        .isEmpty();
  }

  @Test
  void somethingElseIsRefusedInWords() {
    assertThatThrownBy(() -> parse("hello"))
        .hasMessage("PEM block type must be CERTIFICATE REQUEST");
    assertThatThrownBy(() -> parse(NODE.replace("CERTIFICATE REQUEST", "CERTIFICATE")))
        .hasMessage("PEM block type must be CERTIFICATE REQUEST");
  }

  @Test
  void anEndThatBeginsInTheBeginningIsNone() {
    assertThatThrownBy(
            () -> parse("-----BEGIN CERTIFICATE REQUEST-----END CERTIFICATE REQUEST-----\n"))
        .hasMessage("PEM block type must be CERTIFICATE REQUEST");
  }

  /** Whatever the bytes are, the failure is the one that becomes a 422. */
  @Test
  void brokenBytesAreIllegalArgumentsAndNothingElse() {
    long seed = 4711;
    Random random = new Random(seed);
    byte[] whole = der(EVERY_NAME);
    for (int round = 0; round < 3000; round++) {
      byte[] broken = java.util.Arrays.copyOf(whole, random.nextInt(whole.length + 1));
      for (int i = random.nextInt(4); i >= 0 && broken.length > 0; i--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
      }
      try {
        CertificateRequest.parse(broken);
      } catch (IllegalArgumentException expected) {
        assertThat(expected).as("seed %d round %d", seed, round).hasMessageMatching("(?s).+");
      }
    }
  }
}
