package dev.coracle.kubelet.internal.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code vol_data.json} of an earlier kubelet, or half of one: known, or an error that names it.
 */
class PublishedVolumeFuzz {

  private static final PublishedVolume VOLUME =
      new PublishedVolume("a.example", "h", "pv", false, true, true);

  @FuzzTest(maxDuration = "30s")
  void files(byte[] input) {
    read(input);
  }

  private static void read(byte[] input) {
    try {
      PublishedVolume volume = PublishedVolume.parse(input);
      assertThat(volume.isSameAs(volume)).isTrue();
    } catch (StatusException e) {
      return;
    }
  }

  @Test
  void nearlyRightOnes(@TempDir Path dir) throws Exception {
    VOLUME.write(dir);
    new Fuzzer()
        .seed(Files.readAllBytes(dir.resolve("vol_data.json")))
        .seeds("{}", "[]", "null", "")
        .words("\"driverName\":", "\"staged\":1e999", "null", "{", "[", "Ephemeral")
        .run(PublishedVolumeFuzz::read);
  }

  @Test
  void whatWasWrittenIsReadAndWhatIsTornNamesItsFile(@TempDir Path dir) throws IOException {
    assertThat(PublishedVolume.read(dir)).isEmpty();
    VOLUME.write(dir);
    assertThat(PublishedVolume.read(dir)).contains(VOLUME);
    for (String torn : new String[] {"", "{\"driverName\":", "[]", "null", "x".repeat(70_000)}) {
      Files.writeString(dir.resolve("vol_data.json"), torn);
      assertThatThrownBy(() -> PublishedVolume.read(dir))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot use " + dir.resolve("vol_data.json"));
    }
  }
}
