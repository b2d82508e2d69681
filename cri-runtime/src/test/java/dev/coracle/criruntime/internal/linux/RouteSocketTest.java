package dev.coracle.criruntime.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Route netlink against the kernel: between this machine and a network namespace of the test. */
class RouteSocketTest {
  private static final byte[] HARDWARE = {2, 0, 0, 0, 0, 9};

  private static final int NO_SUCH_DEVICE = 19;

  @TempDir Path directory;
  private final String suffix = Long.toString(ProcessHandle.current().pid(), 36);
  private final String bridge = "rb" + suffix;
  private final String near = "rn" + suffix;
  private Path file;
  private int namespace = -1;

  @BeforeEach
  void makeNamespace() throws IOException {
    assumeTrue(Native.isAvailable(), "needs Linux on x86_64 or aarch64");
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "needs root to make network namespaces");
    Spawn.warmUp();
    file = Files.createFile(directory.resolve("net"));
    try (SyscallProgram program = new SyscallProgram()) {
      new Mounts(program)
          .unshare(Mounts.CLONE_NEWNET)
          .bind("/proc/thread-self/ns/net", file.toString(), false);
      Spawn.run(program).orThrow();
    }
    namespace = Fd.open(file, Fd.O_RDONLY);
  }

  @AfterEach
  void removeAll() throws IOException {
    if (namespace < 0) {
      return;
    }
    RouteSocket.trySend(new RouteMessages().delete(near).delete(bridge));
    Fd.close(namespace);
    try (SyscallProgram program = new SyscallProgram()) {
      new Mounts(program).tryDetach(file.toString());
      program.runHere();
    }
  }

  @Test
  void connectsANamespaceByACable() throws IOException {
    RouteSocket.send(new RouteMessages().bridge(bridge, HARDWARE));
    int master = RouteSocket.send(new RouteMessages().describe(bridge)).getFirst().index();
    RouteSocket.send(new RouteMessages().address(master, "10.199.7.1", 24).up(bridge, 1400));
    RouteSocket.Answer cable =
        RouteSocket.send(
                new RouteMessages()
                    .cable(near, "eth0", 1400, master, namespace)
                    .hairpin(near)
                    .describe(near))
            .getLast();

    RouteSocket.Answer far =
        RouteSocket.send(
                namespace,
                new RouteMessages()
                    .address(cable.peerIndex(), "10.199.7.9", 32)
                    .up("lo", 0)
                    .up("eth0", 0)
                    .neighbour(cable.peerIndex(), "10.199.7.1")
                    .defaultRoute(cable.peerIndex(), "10.199.7.1")
                    .describe("eth0"))
            .getLast();

    assertThat(far.index()).isEqualTo(cable.peerIndex());
    assertThat(far.peerIndex()).isEqualTo(cable.index());
    assertThat(lines("/proc/self/net/dev")).contains(near).contains(bridge);
    assertThat(lines("/proc/self/net/route")).contains(bridge);
  }

  @Test
  void saysWhichRequestFailed() throws IOException {
    RouteSocket.send(new RouteMessages().bridge(bridge, HARDWARE));

    assertThatThrownBy(() -> RouteSocket.send(new RouteMessages().bridge(bridge, HARDWARE)))
        .isInstanceOf(PosixException.class)
        .hasMessage("add bridge " + bridge + ": file exists");
    assertThat(RouteSocket.trySend(new RouteMessages().delete(near).describe(bridge)))
        .satisfiesExactly(
            missing -> assertThat(missing.errno()).isEqualTo(NO_SUCH_DEVICE),
            there -> assertThat(there.index()).isPositive());
    assertThatThrownBy(() -> RouteSocket.send(namespace, new RouteMessages().describe("eth0")))
        .isInstanceOf(PosixException.class)
        .hasMessageStartingWith("look at device eth0");
  }

  private static String lines(String file) throws IOException {
    return String.join("\n", Files.readAllLines(Path.of(file)));
  }
}
