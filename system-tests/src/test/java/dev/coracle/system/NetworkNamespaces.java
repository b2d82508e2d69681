package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Machines made of network namespaces, on a switch of their own in one more namespace, so that the
 * host's network is left alone. Machines are numbered from 1 and have the address 192.168.77.N.
 */
final class NetworkNamespaces implements AutoCloseable {

  /** Classes run side by side. */
  private static final AtomicInteger MADE = new AtomicInteger();

  private final String prefix =
      "cor" + ProcessHandle.current().pid() % 100_000 + "-" + MADE.incrementAndGet() + "-";
  private final int machines;

  private NetworkNamespaces(int machines) {
    this.machines = machines;
  }

  static NetworkNamespaces open(int machines) {
    NetworkNamespaces made = new NetworkNamespaces(machines);
    try {
      made.makeSwitch();
      for (int i = 1; i <= machines; i++) {
        made.makeMachine(i);
      }
      return made;
    } catch (AssertionError e) {
      made.close();
      throw e;
    }
  }

  private void makeSwitch() {
    must("ip", "netns", "add", name(0));
    inside(0, "ip", "link", "set", "lo", "up");
    inside(0, "ip", "link", "add", "br0", "type", "bridge");
    inside(0, "ip", "link", "set", "br0", "up");
  }

  private void makeMachine(int i) {
    must("ip", "netns", "add", name(i));
    must(
        "ip", "-n", name(i), "link", "add", "eth0", "type", "veth", "peer", "name", port(i),
        "netns", name(0));
    inside(0, "ip", "link", "set", port(i), "master", "br0", "up");
    inside(i, "ip", "link", "set", "lo", "up");
    inside(i, "ip", "addr", "add", address(i) + "/24", "dev", "eth0");
    inside(i, "ip", "link", "set", "eth0", "up");
    inside(i, "ip", "route", "add", "default", "via", "192.168.77.254");
  }

  String address(int i) {
    return "192.168.77." + i;
  }

  private String name(int i) {
    return prefix + i;
  }

  private static String port(int i) {
    return "port" + i;
  }

  /** Takes the machine's cable out. */
  void cut(int i) {
    inside(0, "ip", "link", "set", port(i), "down");
  }

  void restore(int i) {
    inside(0, "ip", "link", "set", port(i), "up");
  }

  /** Runs a program on a machine and demands success. */
  String inside(int i, String... command) {
    Shell.Result result = attempt(i, Map.of(), command);
    assertThat(result.exitCode()).as(String.join(" ", command) + ": " + result.all()).isZero();
    return result.out();
  }

  /** Runs a program on a machine; of the host's it has everything but the network. */
  Shell.Result attempt(int i, Map<String, String> environment, String... command) {
    List<String> all = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + name(i)));
    all.addAll(List.of(command));
    return Shell.run(Duration.ofMinutes(3), environment, "", all);
  }

  private static void must(String... command) {
    Shell.Result result = Shell.run(command);
    assertThat(result.exitCode()).as(String.join(" ", command) + ": " + result.all()).isZero();
  }

  @Override
  public void close() {
    for (int i = machines; i >= 0; i--) {
      Shell.run("ip", "netns", "del", name(i));
    }
  }
}
