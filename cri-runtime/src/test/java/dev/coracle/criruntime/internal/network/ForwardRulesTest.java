package dev.coracle.criruntime.internal.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.internal.container.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules in the firewall of a network namespace of the test. */
class ForwardRulesTest {
  private final String namespace = "fwd-" + Long.toString(ProcessHandle.current().pid(), 36);
  private List<String> iptables = List.of();
  private boolean made;

  @BeforeEach
  void makeNamespace() throws IOException {
    assumeTrue(HostTools.find("iptables").isPresent(), "needs iptables (Debian: iptables)");
    assumeTrue(HostTools.find("ip").isPresent(), "needs ip (Debian: iproute2)");
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "needs root to make network namespaces");
    String ip = HostTools.find("ip").orElseThrow().toString();
    HostTools.run("", List.of(ip, "netns", "add", namespace)).orThrow("ip netns add");
    made = true;
    iptables =
        List.of(
            ip, "netns", "exec", namespace, HostTools.find("iptables").orElseThrow().toString());
  }

  @AfterEach
  void removeNamespace() throws IOException {
    if (made) {
      String ip = HostTools.find("ip").orElseThrow().toString();
      HostTools.run("", List.of(ip, "netns", "del", namespace)).orThrow("ip netns del");
    }
  }

  private String iptables(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(iptables);
    command.addAll(List.of(arguments));
    return HostTools.run("", command).orThrow("iptables").output();
  }

  @Test
  void aHostThatForwardsNeedsNone() throws IOException {
    new ForwardRules(iptables, "cor-x").open();
    assertThat(iptables("-S")).doesNotContain("cor-x");
  }

  @Test
  void aHostThatDropsLetsTheBridgeThroughOnce() throws IOException {
    iptables("-P", "FORWARD", "DROP");
    ForwardRules rules = new ForwardRules(iptables, "cor-x");
    rules.open();
    rules.open();
    assertThat(iptables("-S", "FORWARD").lines())
        .containsExactlyInAnyOrder(
            "-P FORWARD DROP", "-A FORWARD -i cor-x -j ACCEPT", "-A FORWARD -o cor-x -j ACCEPT");
    rules.close();
    assertThat(iptables("-S", "FORWARD").strip()).isEqualTo("-P FORWARD DROP");
  }

  @Test
  void whereDockerIsItsUsersChainIsTaken() throws IOException {
    iptables("-N", "DOCKER-USER");
    iptables("-A", "FORWARD", "-j", "DOCKER-USER");
    iptables("-P", "FORWARD", "DROP");
    ForwardRules rules = new ForwardRules(iptables, "cor-x");
    rules.open();
    assertThat(iptables("-S", "DOCKER-USER"))
        .contains("-A DOCKER-USER -i cor-x -j ACCEPT")
        .contains("-A DOCKER-USER -o cor-x -j ACCEPT");
    assertThat(iptables("-S", "FORWARD")).doesNotContain("cor-x");
    rules.close();
    assertThat(iptables("-S")).doesNotContain("cor-x");
  }
}
