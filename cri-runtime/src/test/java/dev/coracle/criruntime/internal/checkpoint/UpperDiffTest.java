package dev.coracle.criruntime.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpperDiffTest {

  @ParameterizedTest
  @CsvSource({"abcdef, abcd", "abcd, abcd", "ab, ab..", "'', ...."})
  void aFileHasTheLengthThatWasSaid(String content, String read) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    var stream = new UpperDiff.OfLength(new ByteArrayInputStream(bytes), 4);
    assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8).replace('\0', '.'))
        .isEqualTo(read);
  }

  @Test
  void filesAreThereWithTheirModesAndLinks(@TempDir Path directory) throws Exception {
    Path upper = Files.createDirectory(directory.resolve("upper"));
    Files.createDirectory(upper.resolve("sub"));
    Files.writeString(upper.resolve("sub/file"), "hello");
    Files.createSymbolicLink(upper.resolve("link"), Path.of("sub/file"));
    Path tar = directory.resolve("diff.tar");
    UpperDiff.write(upper, tar);
    Process listed =
        new ProcessBuilder(List.of("tar", "-tf", tar.toString())).redirectErrorStream(true).start();
    assertThat(new String(listed.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
        .containsExactly("link", "sub/", "sub/file");
    assertThat(listed.waitFor()).isZero();
    Process read = new ProcessBuilder(List.of("tar", "-xOf", tar.toString(), "sub/file")).start();
    assertThat(new String(read.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("hello");
    assertThat(read.waitFor()).isZero();
  }
}
