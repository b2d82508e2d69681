package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.launcher.UserErrorException;
import dev.coracle.scheduler.config.Profile;
import dev.coracle.scheduler.config.SchedulerOptions;
import dev.coracle.scheduler.config.ScoringStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class SchedulerFlagsTest {

  @TempDir Path directory;

  private static SchedulerOptions parse(String... arguments) {
    SchedulerFlags flags = new SchedulerFlags();
    new CommandLine(
            CommandSpec.create().addMixin("scheduler", CommandSpec.forAnnotatedObject(flags)))
        .parseArgs(arguments);
    return flags.options();
  }

  private SchedulerOptions file(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("scheduler.yaml"), text);
    return parse("--scheduler-config=" + file);
  }

  @Test
  void withoutAFileAllIsAsUpstream() {
    assertThat(parse()).isEqualTo(SchedulerOptions.DEFAULT);
  }

  @Test
  void aFileIsRead() throws IOException {
    assertThat(
            file("""
            apiVersion: kubescheduler.config.k8s.io/v1
            kind: KubeSchedulerConfiguration
            percentageOfNodesToScore: 40
            profiles:
            - schedulerName: default-scheduler
            - schedulerName: bin-packing
              percentageOfNodesToScore: 70
              pluginConfig:
              - name: NodeResourcesFit
                args:
                  apiVersion: kubescheduler.config.k8s.io/v1
                  kind: NodeResourcesFitArgs
                  scoringStrategy:
                    type: MostAllocated
            """)
                .profiles())
        .satisfiesExactly(
            ordinary -> assertThat(ordinary.percentageOfNodesToScore()).isEqualTo(40),
            packing -> {
              assertThat(packing.schedulerName()).isEqualTo("bin-packing");
              assertThat(packing.percentageOfNodesToScore()).isEqualTo(70);
              assertThat(packing.arguments().fit().type())
                  .isEqualTo(ScoringStrategy.Type.MOST_ALLOCATED);
              assertThat(packing.plugins()).isEqualTo(Profile.DEFAULT.plugins());
            });
  }

  @Test
  void whatCannotBeUsedIsSaidWithTheFile() {
    Path none = directory.resolve("none.yaml");
    assertThatThrownBy(() -> parse("--scheduler-config=" + none))
        .isInstanceOf(UserErrorException.class)
        .hasMessage("--scheduler-config " + none + " cannot be used: it does not exist");
    assertThatThrownBy(() -> file("kind: Foo"))
        .isInstanceOf(UserErrorException.class)
        .hasMessageEndingWith(
            "it is no KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1");
    assertThatThrownBy(() -> file("a: ["))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining("it is not valid YAML");
  }
}
