package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Machines with a network of their own and a data directory each, on which coracle runs. */
final class Machines implements AutoCloseable {

  private final NetworkNamespaces network;
  private final Path directory;
  private final List<Integer> started = new ArrayList<>();

  private Machines(NetworkNamespaces network, Path directory) {
    this.network = network;
    this.directory = directory;
  }

  /**
   * @param directory where their data directories are
   * @param programs what is needed beside the network's own
   */
  static Machines open(int machines, Path directory, String... programs) {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    Stream.concat(Stream.of("ip", "nsenter", "nft"), Stream.of(programs))
        .forEach(program -> assumeTrue(Shell.has(program), "needs the program " + program));
    return new Machines(NetworkNamespaces.open(machines), directory);
  }

  NetworkNamespaces network() {
    return network;
  }

  String address(int machine) {
    return network.address(machine);
  }

  Path data(int machine) {
    return directory.resolve("data" + machine);
  }

  /** Runs coracle and demands success. */
  String coracle(int machine, String... arguments) {
    Shell.Result result = attempt(machine, arguments);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result.out();
  }

  Shell.Result attempt(int machine, String... arguments) {
    return attemptIn(machine, data(machine), arguments);
  }

  /** With another data directory than the machine's own. */
  Shell.Result attemptIn(int machine, Path data, String... arguments) {
    synchronized (started) {
      if (!started.contains(machine)) {
        started.add(machine);
      }
    }
    return network.attempt(
        machine,
        Map.of("CORACLE_DATA_DIR", data.toString()),
        CoracleProcess.command(arguments).toArray(String[]::new));
  }

  /** The arguments of the command that {@code token create} has printed, with further ones. */
  static String[] arguments(String printed, String... further) {
    List<String> command = new ArrayList<>(List.of(printed.strip().split(" ")));
    assertThat(command.removeFirst()).isEqualTo("coracle");
    command.addAll(List.of(further));
    return command.toArray(String[]::new);
  }

  /** Runs kubectl with the kubeconfig of the control plane there, and demands success. */
  String kubectl(int machine, String... arguments) {
    return network.inside(machine, kubectlCommand(machine, arguments));
  }

  Shell.Result attemptKubectl(int machine, String... arguments) {
    return network.attempt(machine, Map.of(), kubectlCommand(machine, arguments));
  }

  private String[] kubectlCommand(int machine, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("kubectl", "--kubeconfig", data(machine).resolve("kubeconfig").toString()));
    command.addAll(List.of(arguments));
    return command.toArray(String[]::new);
  }

  /** A pod that says hello and stays. */
  void runHello(int machine, String name) {
    kubectl(
        machine,
        "run",
        name,
        "--image=coracle/demo:1",
        "--image-pull-policy=IfNotPresent",
        "--command",
        "--",
        "sh",
        "-c",
        "echo hello; sleep 100000");
  }

  /** Ends what was started, the last first. */
  @Override
  public void close() {
    for (int machine : started.reversed()) {
      attempt(machine, "down");
    }
    network.close();
  }
}
