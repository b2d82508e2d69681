package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.server.stats.NetworkStats.Interface;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterfaceCountersTest {
  @TempDir Path at;

  @Test
  void interfacesAreReadButThoseOfPods() throws IOException {
    Path file =
        Files.writeString(
            at.resolve("dev"),
            """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0
              eth0:1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0
              vlan7: 5 6 7 8 0 0 0 0 50 60 70 80 0 0 0 0
             vethab12: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0
            v48f0a2a69ee124: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0
            """);
    assertThat(InterfaceCounters.read(file))
        .containsExactly(
            new Interface("eth0", 1000L, 1L, 2000L, 3L, 10L, 2L, 20L, 4L),
            new Interface("vlan7", 5L, 7L, 50L, 70L, 6L, 8L, 60L, 80L));
  }

  @Test
  void nothingIsReadOfAFileThatIsNoneOfThese() throws IOException {
    assertThat(InterfaceCounters.read(at.resolve("none"))).isEmpty();
    assertThat(InterfaceCounters.read(Files.writeString(at.resolve("dev"), "eth0: 1 2\n")))
        .isEmpty();
  }
}
