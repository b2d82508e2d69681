package dev.coracle.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.PsiData;
import dev.coracle.cri.v1.PsiStats;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PressureFileTest {
  private static final String SOME = "some avg10=1.50 avg60=0.25 avg300=0.01 total=4711\n";

  @TempDir Path directory;

  private static final PsiData SOME_DATA =
      PsiData.newBuilder().setAvg10(1.5).setAvg60(0.25).setAvg300(0.01).setTotal(4711).build();

  @Test
  void bothLinesAreReadAndTotalsStayMicroseconds() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("io.pressure"),
            SOME + "full avg10=0.00 avg60=7.00 avg300=0.00 total=9\n");
    assertThat(PressureFile.read(file))
        .contains(
            PsiStats.newBuilder()
                .setSome(SOME_DATA)
                .setFull(PsiData.newBuilder().setAvg60(7).setTotal(9))
                .build());
  }

  @Test
  void aGroupWithoutProcessesHasNone() throws Exception {
    Files.writeString(directory.resolve("io.pressure"), SOME);
    assertThat(PressureFile.ofGroup(directory, "io")).isEmpty();
    Path events = directory.resolve("cgroup.events");
    Files.writeString(events, "populated 0\nfrozen 0\n");
    assertThat(PressureFile.ofGroup(directory, "io")).isEmpty();
    Files.writeString(events, "populated 1\nfrozen 0\n");
    assertThat(PressureFile.ofGroup(directory, "io")).isPresent();
  }

  @Test
  void aKernelThatTellsNoFullHasNoneOfIt() {
    PsiStats psi = PressureFile.parse(SOME).orElseThrow();
    assertThat(psi.getSome()).isEqualTo(SOME_DATA);
    assertThat(psi.hasFull()).isTrue();
    assertThat(psi.getFull().getTotal()).isZero();
  }

  @Test
  void whatIsNotKnownIsPassedOver() {
    assertThat(PressureFile.parse("most total=1\nsome avg1=x total=5 avg10=0.5\n"))
        .hasValueSatisfying(psi -> {
          assertThat(psi.getSome().getTotal()).isEqualTo(5);
          assertThat(psi.getSome().getAvg10()).isEqualTo(0.5);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "full avg10=1 total=2", "some avg10=much total=2"})
  void anythingElseIsNoPressure(String text) {
    assertThat(PressureFile.parse(text)).isEmpty();
  }

  @Test
  void whereTheKernelHasNoneThereIsNone() {
    assertThat(PressureFile.read(directory.resolve("cpu.pressure"))).isEmpty();
  }
}
