package dev.coracle.kubelet.internal.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.CpuUsage;
import dev.coracle.cri.v1.LinuxPodSandboxStats;
import dev.coracle.cri.v1.PsiData;
import dev.coracle.cri.v1.PsiStats;
import dev.coracle.kubelet.server.stats.Pressures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PressureReaderTest {
  @TempDir Path unified;
  @TempDir Path machine;

  private static final CpuUsage TOLD =
      CpuUsage.newBuilder()
          .setPsi(
              PsiStats.newBuilder()
                  .setFull(PsiData.newBuilder().setTotal(3).setAvg10(0.5))
                  .setSome(PsiData.newBuilder().setTotal(4)))
          .build();

  @BeforeEach
  void files() throws IOException {
    Path pod = Files.createDirectories(unified.resolve("kubepods/podu"));
    Files.writeString(pod.resolve("cgroup.events"), "populated 1\nfrozen 0\n");
    for (String resource : new String[] {"cpu", "memory", "io"}) {
      Files.writeString(pod.resolve(resource + ".pressure"), total(resource.length()));
      Files.writeString(unified.resolve(resource + ".pressure"), total(1000));
      Files.writeString(machine.resolve(resource), total(50 + resource.length()));
    }
  }

  private static String total(int n) {
    return "some avg10=0 avg60=0 avg300=0 total=" + n + "\nfull avg10=0 avg60=0 avg300=0 total=0\n";
  }

  private static long some(Optional<Pressures.Stalls> stalls) {
    return stalls.orElseThrow().some().total();
  }

  @Test
  void whatTheRuntimeTellsComesBeforeTheFiles() {
    Pressures got =
        new PressureReader(Optional.of(unified), machine)
            .of(ContainerStats.newBuilder().setCpu(TOLD).build(), "/kubepods/podu");
    assertThat(got.cpu())
        .contains(
            new Pressures.Stalls(
                new Pressures.Share(3, 0.5, 0, 0), new Pressures.Share(4, 0, 0, 0)));
    assertThat(some(got.memory())).isEqualTo(6);
    assertThat(some(got.io())).isEqualTo(2);
  }

  @Test
  void aRuntimeIsBelievedOnAnyHost() {
    LinuxPodSandboxStats stats = LinuxPodSandboxStats.newBuilder().setCpu(TOLD).build();
    Pressures got = new PressureReader(Optional.empty(), machine).of(stats, "/kubepods/podu");
    assertThat(some(got.cpu())).isEqualTo(4);
    assertThat(got.memory()).isEmpty();
  }

  @Test
  void aPodWithoutAGroupOfItsOwnHasNotTheRootsPressure() {
    PressureReader reader = new PressureReader(Optional.of(unified), machine);
    assertThat(reader.of("")).isEqualTo(Pressures.UNKNOWN);
    assertThat(reader.of("/")).isEqualTo(Pressures.UNKNOWN);
    assertThat(reader.of("/kubepods/gone")).isEqualTo(Pressures.UNKNOWN);
  }

  @Test
  void theNodesIsTheMachinesWhereThereIsAUnifiedHierarchy() {
    Pressures node = new PressureReader(Optional.of(unified), machine).node();
    assertThat(some(node.cpu())).isEqualTo(53);
    assertThat(some(node.memory())).isEqualTo(56);
    assertThat(some(node.io())).isEqualTo(52);
    assertThat(new PressureReader(Optional.empty(), machine).node()).isEqualTo(Pressures.UNKNOWN);
  }
}
