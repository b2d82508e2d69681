package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.kubelet.internal.volume.AtomicWriter.Entry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriterTest {
  @TempDir private Path dir;

  private static Entry entry(String text) {
    return new Entry(text.getBytes(StandardCharsets.UTF_8), 0640);
  }

  private boolean write(Map<String, Entry> files) throws Exception {
    return new AtomicWriter(dir).write(files, OptionalLong.empty(), Instant.now());
  }

  @Test
  void replacesAllFilesByOneRename() throws Exception {
    assertThat(write(Map.of("a", entry("1"), "sub/b", entry("2")))).isTrue();
    assertThat(dir.resolve("a")).hasContent("1").isSymbolicLink();
    assertThat(dir.resolve("sub/b")).hasContent("2");
    assertThat(Files.getPosixFilePermissions(dir.resolve("a").toRealPath())).hasSize(3);
    Path first = Files.readSymbolicLink(dir.resolve("..data"));
    assertThat(write(Map.of("a", entry("1"), "sub/b", entry("2")))).as("nothing changed").isFalse();
    assertThat(Files.readSymbolicLink(dir.resolve("..data"))).isEqualTo(first);
    assertThat(write(Map.of("a", entry("new"), "c", entry("3")))).isTrue();
    assertThat(dir.resolve("a")).hasContent("new");
    assertThat(dir.resolve("c")).hasContent("3");
    assertThat(dir.resolve("sub")).doesNotExist();
    assertThat(dir.resolve(first)).as("the old files").doesNotExist();
  }

  @Test
  void refusesNamesThatLeadOut() {
    assertThatThrownBy(() -> write(Map.of("a/../../b", entry("x"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> write(Map.of("/etc/x", entry("x"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> write(Map.of("..x", entry("x"))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
