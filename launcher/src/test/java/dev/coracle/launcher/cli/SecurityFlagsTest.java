package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.config.AuthenticationOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import java.nio.file.Path;
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
}
