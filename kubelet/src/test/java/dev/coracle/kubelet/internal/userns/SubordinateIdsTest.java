package dev.coracle.kubelet.internal.userns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubordinateIdsTest {
  @TempDir private Path etc;

  private void write(String users, String groups) throws IOException {
    Files.writeString(etc.resolve("subuid"), users);
    Files.writeString(etc.resolve("subgid"), groups);
  }

  @Test
  void thoseOfTheUserKubeletAreForPods() throws IOException {
    write("me:100000:65536\nkubelet:131072:7208960\n", "kubelet:131072:7208960\nme:1:1\n");
    assertThat(SubordinateIds.read(etc)).contains(new SubordinateIds(131072, 7208960));
  }

  @Test
  void whereNothingIsSaidThereAreNone() throws IOException {
    assertThat(SubordinateIds.read(etc)).isEmpty();
    write("me:100000:65536\nkubelets:1:2\n", "\n");
    assertThat(SubordinateIds.read(etc)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kubelet:65536:65536 | kubelet:65536:131072 | mismatched subuids and subgids for user"
            + " \"kubelet\"",
        "kubelet:65536:65536 | '' | mismatched subuids and subgids for user \"kubelet\"",
        "kubelet:65536:lots | kubelet:65536:lots | invalid line \"kubelet:65536:lots\"",
        "kubelet:65536 | kubelet:65536 | invalid line \"kubelet:65536\"",
        "kubelet:65536:4294967295 | kubelet:65536:4294967295 | error parsing line"
            + " \"kubelet:65536:4294967295\": there are no ids above 4294967294",
      })
  void whatMakesNoSenseIsRefused(String users, String groups, String why) throws IOException {
    write(users + "\n", groups + "\n");
    assertThatThrownBy(() -> SubordinateIds.read(etc)).hasMessage(why);
  }

  @Test
  void thereIsOneRangeOfThem() throws IOException {
    String two = "kubelet:65536:65536\nkubelet:200000:65536\n";
    write(two, two);
    assertThatThrownBy(() -> SubordinateIds.read(etc))
        .hasMessageEndingWith("it must contain only one line");
  }
}
