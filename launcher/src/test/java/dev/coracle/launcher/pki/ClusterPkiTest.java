package dev.coracle.launcher.pki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.launcher.pki.CertificateAuthority.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A certificate stays as long as it covers what is asked for. */
class ClusterPkiTest {

  @TempDir Path directory;

  private byte[] certificate(List<String> names, List<String> addresses) throws IOException {
    ClusterPki pki = new ClusterPki(directory, Clock.systemUTC());
    pki.open();
    Request request =
        new Request("server", List.of(), names, addresses, true, false, Duration.ofDays(365));
    return Files.readAllBytes(pki.credential("server", request).certificate());
  }

  @Test
  void isMadeAnewForAnotherNameAlone() throws IOException {
    List<String> addresses = List.of("127.0.0.1", "fd00::1", "FD00:0::2");
    byte[] first = certificate(List.of("a"), addresses);
    assertThat(certificate(List.of("a"), addresses)).isEqualTo(first);
    byte[] second = certificate(List.of("a", "b.example"), addresses);
    assertThat(second).isNotEqualTo(first);
    assertThat(certificate(List.of("b.example"), List.of("fd00::2"))).isEqualTo(second);
    assertThat(certificate(List.of("a"), List.of("10.1.1.1"))).isNotEqualTo(second);
  }
}
