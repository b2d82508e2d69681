package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.apiserver.config.AuditDelivery;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.config.AuthenticationOptions;
import dev.coracle.apiserver.config.EncryptionOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.config.TlsOptions;
import dev.coracle.apiserver.config.TlsOptions.NamedCertificate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class SecurityFlagsTest {

  private static SecurityOptions parse(String... arguments) {
    SecurityFlags flags = new SecurityFlags();
    new CommandLine(
            CommandSpec.create().addMixin("security", CommandSpec.forAnnotatedObject(flags)))
        .parseArgs(arguments);
    return flags.options();
  }

  @Test
  void whoIsLetInIsAsUpstreamUnlessItIsSaid() {
    assertThat(parse().authentication()).isEqualTo(AuthenticationOptions.DEFAULT);
    assertThat(parse("--anonymous-auth=false", "--client-ca-file=/a").authentication())
        .isEqualTo(new AuthenticationOptions(null, false, Path.of("/a")));
    assertThat(parse("--anonymous-auth").authentication().anonymous()).isTrue();
  }

  @Test
  void tlsIsSpokenAsItIsSaid() {
    assertThat(parse().tls()).isEqualTo(TlsOptions.DEFAULT);
    TlsOptions said =
        parse(
                "--tls-min-version=VersionTLS13",
                "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "--tls-sni-cert-key=/a.crt,/a.key;/b.crt,/b.key:*.b.example,b.example")
            .tls();
    assertThat(said.choice().protocols()).containsExactly("TLSv1.3");
    assertThat(said.choice().offered()).contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    assertThat(said.named())
        .containsExactly(
            new NamedCertificate(Path.of("/a.crt"), Path.of("/a.key"), List.of()),
            new NamedCertificate(
                Path.of("/b.crt"), Path.of("/b.key"), List.of("*.b.example", "b.example")));
    assertThatThrownBy(() -> parse("--tls-min-version=VersionTLS9"))
        .hasMessage("--tls-min-version: unknown tls version \"VersionTLS9\"");
    assertThatThrownBy(() -> parse("--tls-cipher-suites=NONE"))
        .hasMessage("--tls-cipher-suites: Cipher suite NONE not supported or doesn't exist");
    assertThatThrownBy(() -> parse("--tls-sni-cert-key=/a.crt"))
        .hasMessage(
            "--tls-sni-cert-key is CERTIFICATE,KEY or CERTIFICATE,KEY:NAME,NAME, not '/a.crt'");
    assertThatThrownBy(() -> parse("--tls-sni-cert-key=/a.crt,/a.key:10.0.0.1"))
        .hasMessage(
            "--tls-sni-cert-key: '10.0.0.1' is no name of a host that a client may ask for");
  }

  @Test
  void aFileMayListCertificates() {
    CommandSpec spec =
        CommandSpec.create()
            .addMixin("security", CommandSpec.forAnnotatedObject(new SecurityFlags()));
    assertThat(
            ConfigFile.parse(
                "tls-sni-cert-key: ['/a.crt,/a.key', '/b.crt,/b.key:b.example']\n"
                    + "tls-cipher-suites: [A, B]",
                Path.of("f"),
                spec))
        .containsEntry("tls-sni-cert-key", "/a.crt,/a.key;/b.crt,/b.key:b.example")
        .containsEntry("tls-cipher-suites", "A,B");
  }

  @Test
  void eventsOfTheAuditGoWhereAndHowItIsSaid() {
    assertThat(parse().audit())
        .isEqualTo(
            new AuditOptions(
                null,
                new AuditOptions.Log("", 0, 0, 100, AuditDelivery.LOG),
                AuditOptions.Webhook.NONE));
    AuditOptions said =
        parse(
                "--audit-policy-file=/p",
                "--audit-webhook-config-file=/w",
                "--audit-webhook-mode=blocking-strict",
                "--audit-webhook-initial-backoff=1s",
                "--audit-webhook-batch-throttle-enable=false",
                "--audit-log-truncate-enabled",
                "--audit-log-truncate-max-event-size=7")
            .audit();
    assertThat(said.webhook().config()).isEqualTo(Path.of("/w"));
    assertThat(said.webhook().initialBackoff()).isEqualTo(Duration.ofSeconds(1));
    assertThat(said.webhook().delivery().mode()).isEqualTo(AuditDelivery.Mode.BLOCKING_STRICT);
    assertThat(said.webhook().delivery().batch().throttled()).isFalse();
    assertThat(said.log().delivery().truncation())
        .isEqualTo(new AuditDelivery.Truncation(true, 10L << 20, 7));
    assertThatThrownBy(() -> parse("--audit-log-mode=sometimes"))
        .hasMessage(
            "invalid audit log mode sometimes, allowed modes are"
                + " \"batch,blocking,blocking-strict\"");
    assertThatThrownBy(() -> parse("--audit-webhook-version=audit.k8s.io/v1beta1"))
        .hasMessage("invalid group version, allowed versions are [\"audit.k8s.io/v1\"]");
  }

  @Test
  void onlyAnEncryptionConfigurationThatThereIsCanBeReloaded() {
    assertThat(parse("--encryption-provider-config=/e").encryption())
        .isEqualTo(new EncryptionOptions(Path.of("/e"), false));
    assertThat(
            parse(
                    "--encryption-provider-config=/e",
                    "--encryption-provider-config-automatic-reload")
                .encryption())
        .isEqualTo(new EncryptionOptions(Path.of("/e"), true));
    assertThatThrownBy(() -> parse("--encryption-provider-config-automatic-reload"))
        .hasMessage(
            "--encryption-provider-config-automatic-reload must be set with"
                + " --encryption-provider-config");
  }
}
