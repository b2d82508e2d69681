package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.config.ServingOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class ServingFlagsTest {

  private static ServingOptions parse(String... arguments) {
    ServingFlags flags = new ServingFlags();
    new CommandLine(CommandSpec.create().addMixin("serving", CommandSpec.forAnnotatedObject(flags)))
        .parseArgs(arguments);
    return flags.options();
  }

  @Test
  void withoutFlagsAllIsAsUpstream() {
    assertThat(parse()).isEqualTo(ServingOptions.DEFAULT);
    assertThat(ServingOptions.DEFAULT.limits().eventTtl()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void flagsAreRead() {
    ServingOptions options =
        parse(
            "--tls-san=api.example.com,10.1.1.1",
            "--tls-san=fd00::1",
            "--tls-san=*.example.org",
            "--service-node-port-range=80+20",
            "--max-requests-inflight=7",
            "--max-mutating-requests-inflight=5",
            "--request-timeout=30s",
            "--min-request-timeout=60",
            "--event-ttl=24h",
            "--goaway-chance=0.01",
            "--shutdown-delay-duration=15s",
            "--shutdown-send-retry-after",
            "--shutdown-watch-termination-grace-period=2s");
    assertThat(options.tlsSans())
        .containsExactly("api.example.com", "10.1.1.1", "fd00::1", "*.example.org");
    assertThat(options.firstNodePort()).isEqualTo(80);
    assertThat(options.lastNodePort()).isEqualTo(100);
    assertThat(options.limits().maxReads()).isEqualTo(7);
    assertThat(options.limits().maxWrites()).isEqualTo(5);
    assertThat(options.limits().requestTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(options.limits().minWatchTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(options.limits().eventTtl()).isEqualTo(Duration.ofDays(1));
    assertThat(options.limits().goawayChance()).isEqualTo(0.01);
    assertThat(options.shutdown())
        .isEqualTo(new Shutdown(Duration.ofSeconds(15), true, Duration.ofSeconds(2)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--tls-san=a_b | --tls-san is a host name or an address, not 'a_b'",
        "--service-node-port-range=80 | --service-node-port-range is two ports such as 30000-32767",
        "--service-node-port-range=0-9 | is within 1-65535 and begins before it ends, not '0-9'",
        "--service-node-port-range=9-8 | is within 1-65535 and begins before it ends, not '9-8'",
        "--service-node-port-range=60000+9999 | is within 1-65535",
        "--max-requests-inflight=0 | --max-requests-inflight is at least 1, not 0",
        "--event-ttl=1 | --event-ttl is a time such as 1h or 30s, not '1'",
        "--goaway-chance=0.03 | --goaway-chance is within 0 and 0.02, not 0.03",
        "--shutdown-delay-duration=-1s | --shutdown-delay-duration is not negative",
        "--event-ttl=1ms | --event-ttl is at least 1s, not '1ms'",
      })
  void whatCannotBeIsSaid(String argument, String words) {
    assertThatThrownBy(() -> parse(argument))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining(words);
  }
}
