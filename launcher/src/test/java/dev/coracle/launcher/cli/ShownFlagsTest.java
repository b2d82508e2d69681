package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What {@code /flagz} shows of a command's options. */
class ShownFlagsTest {

  @Test
  void givenOnesAndDefaultsAreShown() {
    CommandLine all = CoracleCommand.commandLine();
    CommandLine up = all.getSubcommands().get("up");
    all.parseArgs("up", "--port", "7443", "--oidc-required-claim", "b=2,a=1", "--keep-pods");
    assertThat(ShownFlags.of(up.getCommandSpec()))
        .containsEntry("port", "7443")
        .containsEntry("keep-pods", "true")
        .containsEntry("detach", "false")
        .containsEntry("oidc-required-claim", "a=1,b=2")
        .containsEntry("oidc-signing-algs", "RS256")
        .containsEntry("authentication-config", "")
        .doesNotContainKeys("help", "version", "train");
    assertThat(ShownFlags.of(null)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "token,abc,CLASSIFIED",
    "token,'',''",
    "join-token,abc,CLASSIFIED",
    "certificate-key,abc,CLASSIFIED",
    "etcd-password-file,/run/pw,/run/pw",
    "log-sink,https://me:pw@logs.example/a,https://CLASSIFIED@logs.example/a",
    "etcd-servers,'https://a:2379,https://u@b:2379','https://a:2379,https://CLASSIFIED@b:2379'",
    "audit-log-path,/var/log/a@b,/var/log/a@b",
  })
  void secretsAreNot(String name, String value, String shown) {
    assertThat(ShownFlags.shown(name, value)).isEqualTo(shown);
  }
}
