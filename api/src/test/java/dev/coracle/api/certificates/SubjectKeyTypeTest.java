package dev.coracle.api.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SubjectKeyTypeTest {

  /** One size of RSA: a young JVM takes a quarter of a minute to find the primes of the other. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RSA4096")
  void aStubRequestProvesTheKeyAndSaysNothingElse(SubjectKeyType type) {
    KeyPair pair = type.generate();
    byte[] request = type.stubRequest(pair);
    CertificateRequest read = CertificateRequest.parse(request);
    assertThat(SubjectKeyType.of(read.publicKey())).contains(type);
    assertThat(read.publicKey()).isEqualTo(pair.getPublic());
    assertThat(read.commonName()).isEmpty();
    assertThat(read.organizations()).isEmpty();
    request[request.length - 1] ^= 1;
    assertThatThrownBy(() -> CertificateRequest.parse(request))
        .hasMessageContaining("the signature is not the key's");
  }

  @Test
  void otherKeysHaveNoType() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    assertThat(SubjectKeyType.of(rsa.generateKeyPair().getPublic())).isEmpty();
    KeyPair x = KeyPairGenerator.getInstance("X25519").generateKeyPair();
    assertThat(SubjectKeyType.of(x.getPublic())).isEmpty();
    assertThat(SubjectKeyType.named("RSA3072")).contains(SubjectKeyType.RSA3072);
    assertThat(SubjectKeyType.named("rsa3072")).isEmpty();
  }

  @Test
  void pemIsReadWithoutWhatStandsBetweenAndInHeaders() {
    byte[] content =
        "a certificate, longer than a line of sixty-four characters of base64"
            .getBytes(StandardCharsets.UTF_8);
    PemBlock block = new PemBlock("CERTIFICATE", content);
    String text = "before\n" + block.toString().replaceFirst("\n", "\nProc-Type: 4\n\n") + block;
    List<PemBlock> read = PemBlock.all(text);
    assertThat(read).hasSize(2).allMatch(b -> b.type().equals("CERTIFICATE"));
    assertThat(read.getFirst().content()).isEqualTo(content);
    assertThat(read.get(1)).hasToString(block.toString());
    assertThat(PemBlock.all("-----BEGIN A-----\nAAAA\n-----END B-----\n")).isEmpty();
  }
}
