package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The real kubectl, of one version, with one kubeconfig. */
final class Kubectl {

  private final String program;
  private final Path kubeconfig;

  Kubectl(String program, Path kubeconfig) {
    this.program = program;
    this.kubeconfig = kubeconfig;
  }

  /** Runs it, demands success and gives what it printed. */
  String run(String... arguments) {
    Shell.Result result = attempt("", arguments);
    assertThat(result.exitCode())
        .as("kubectl " + String.join(" ", arguments) + ": " + result.all())
        .isZero();
    return result.out();
  }

  /** As {@link #run}, with this on standard input. */
  String runWithInput(String input, String... arguments) {
    Shell.Result result = attempt(input, arguments);
    assertThat(result.exitCode())
        .as("kubectl " + String.join(" ", arguments) + ": " + result.all())
        .isZero();
    return result.out();
  }

  Shell.Result attempt(String input, String... arguments) {
    return Shell.run(Duration.ofSeconds(120), environment(), input, command(arguments));
  }

  /** Starts it and leaves it running. */
  Process start(String... arguments) throws java.io.IOException {
    ProcessBuilder builder = new ProcessBuilder(command(arguments)).redirectErrorStream(true);
    builder.environment().putAll(environment());
    return builder.start();
  }

  private Map<String, String> environment() {
    return Map.of("KUBECONFIG", kubeconfig.toString());
  }

  private List<String> command(String... arguments) {
    List<String> all = new ArrayList<>(List.of(program));
    all.addAll(List.of(arguments));
    return all;
  }
}
