package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** The real kubectl, of one version, with one kubeconfig. */
public final class Kubectl {

  static {
    // Who waits mostly asks with it; ten processes a second would keep a processor from all others.
    Awaitility.setDefaultPollInterval(Duration.ofMillis(500));
  }

  private final String program;
  private final Path kubeconfig;
  private final List<String> flags;

  public Kubectl(String program, Path kubeconfig) {
    this(program, kubeconfig, List.of());
  }

  private Kubectl(String program, Path kubeconfig, List<String> flags) {
    this.program = program;
    this.kubeconfig = kubeconfig;
    this.flags = flags;
  }

  /** The same kubectl with this namespace instead of the default one. */
  public Kubectl inNamespace(String namespace) {
    return new Kubectl(program, kubeconfig, List.of("--namespace=" + namespace));
  }

  /** Runs it, demands success and gives what it printed. */
  public String run(String... arguments) {
    Shell.Result result = attempt("", arguments);
    assertThat(result.exitCode())
        .as("kubectl " + String.join(" ", arguments) + ": " + result.all())
        .isZero();
    return result.out();
  }

  /** As {@link #run}, with this on standard input. */
  public String runWithInput(String input, String... arguments) {
    Shell.Result result = attempt(input, arguments);
    assertThat(result.exitCode())
        .as("kubectl " + String.join(" ", arguments) + ": " + result.all())
        .isZero();
    return result.out();
  }

  public Shell.Result attempt(String input, String... arguments) {
    return Shell.run(Duration.ofSeconds(120), environment(), input, command(arguments));
  }

  /** Starts it and leaves it running. */
  public Process start(String... arguments) throws java.io.IOException {
    ProcessBuilder builder = new ProcessBuilder(command(arguments)).redirectErrorStream(true);
    builder.environment().putAll(environment());
    return builder.start();
  }

  private Map<String, String> environment() {
    return Map.of("KUBECONFIG", kubeconfig.toString());
  }

  private List<String> command(String... arguments) {
    List<String> all = new ArrayList<>(List.of(program));
    all.addAll(flags);
    all.addAll(List.of(arguments));
    return all;
  }
}
