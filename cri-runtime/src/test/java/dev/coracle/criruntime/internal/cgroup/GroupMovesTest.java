package dev.coracle.criruntime.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupMovesTest {
  @TempDir Path mounts;
  private CgroupHost host;

  @BeforeEach
  void host() {
    host =
        new CgroupHost(
            Map.of("cpu", mounts.resolve("cpu,cpuacct"), "cpuacct", mounts.resolve("cpu,cpuacct")),
            Optional.of(mounts.resolve("unified")),
            List.of());
  }

  private Path procs(String group) throws IOException {
    Path file = mounts.resolve(group).resolve("cgroup.procs");
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "");
  }

  @Test
  void findsWhereThisProcessIs() throws IOException {
    Path v1 = procs("cpu,cpuacct/user");
    Path v2 = procs("unified/session.scope");
    List<String> lines =
        List.of("9:name=systemd:/user", "2:cpu,cpuacct:/user", "0::/session.scope", "odd");
    assertThat(GroupMoves.ownProcs(host, lines)).contains(v1);
    Files.delete(v1);
    assertThat(GroupMoves.ownProcs(host, lines)).contains(v2);
    Files.delete(v2);
    assertThat(GroupMoves.ownProcs(host, lines)).isEmpty();
  }

  @Test
  void staysWhereItIs() throws IOException {
    Path own = procs("unified");
    new GroupMoves(host, List.of("0::/")).expect();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(own).hasContent("0"));
  }
}
