package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.controllers.config.AutoscalingOptions;
import dev.coracle.controllers.config.ControllerTuning;
import dev.coracle.controllers.config.NodeLifecycleOptions;
import dev.coracle.launcher.UserErrorException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class ControllerFlagsTest {

  private static ControllerTuning parse(String... arguments) {
    ControllerFlags flags = new ControllerFlags();
    new CommandLine(
            CommandSpec.create().addMixin("controllers", CommandSpec.forAnnotatedObject(flags)))
        .parseArgs(arguments);
    return flags.tuning();
  }

  @Test
  void withoutFlagsAllIsAsUpstream() {
    assertThat(parse()).isEqualTo(ControllerTuning.DEFAULT);
  }

  @Test
  void flagsAreRead() {
    assertThat(
            parse(
                "--controllers=*,-endpoints-controller",
                "--cluster-signing-duration=24h",
                "--node-monitor-grace-period=20s",
                "--node-startup-grace-period=40s",
                "--node-eviction-rate=2",
                "--secondary-node-eviction-rate=0.5",
                "--unhealthy-zone-threshold=0.7",
                "--large-cluster-size-threshold=9",
                "--terminated-pod-gc-threshold=0",
                "--horizontal-pod-autoscaler-sync-period=5s",
                "--horizontal-pod-autoscaler-downscale-stabilization=1m",
                "--horizontal-pod-autoscaler-tolerance=0.2",
                "--horizontal-pod-autoscaler-cpu-initialization-period=2m",
                "--horizontal-pod-autoscaler-initial-readiness-delay=3s",
                "--max-endpoints-per-slice=10",
                "--mirroring-max-endpoints-per-subset=11",
                "--legacy-service-account-token-clean-up-period=48h"))
        .isEqualTo(
            new ControllerTuning(
                List.of("*", "-endpoints-controller"),
                new NodeLifecycleOptions(
                    Duration.ofSeconds(20), Duration.ofSeconds(40), 2, 0.5, 0.7, 9),
                new AutoscalingOptions(
                    Duration.ofSeconds(5),
                    Duration.ofMinutes(1),
                    0.2,
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(3)),
                0,
                10,
                11,
                Duration.ofHours(24),
                Duration.ofHours(48)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--controllers=*,-foo | --controllers: 'foo' is not in the list of known controllers",
        "--cluster-signing-duration=1m | --cluster-signing-duration is at least 10m, not '1m'",
        "--node-monitor-grace-period=x | --node-monitor-grace-period is a time such as 8760h or",
        "--node-startup-grace-period=0s | --node-startup-grace-period is at least 1s, not '0s'",
        "--node-eviction-rate=-1 | --node-eviction-rate is a number from 0, not -1.0",
        "--unhealthy-zone-threshold=55 | --unhealthy-zone-threshold is a number from 0 to 1",
        "--terminated-pod-gc-threshold=-1 | --terminated-pod-gc-threshold is 0 or more, not -1",
        "--max-endpoints-per-slice=0 | --max-endpoints-per-slice is from 1 to 1000, not 0",
      })
  void whatCannotBeIsSaid(String argument, String message) {
    assertThatThrownBy(() -> parse(argument))
        .isInstanceOf(UserErrorException.class)
        .hasMessageStartingWith(message);
  }
}
