package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container wrote the file: whatever it is, the kubelet reads no other and waits for nobody. */
@Timeout(30)
class EnvFilesTest {
  @TempDir private Path dir;
  private Path volume;

  @BeforeEach
  void make() throws IOException {
    volume = Files.createDirectory(dir.resolve("volume"));
    Files.createDirectories(volume.resolve("sub"));
    Files.writeString(volume.resolve("sub/env"), "A='1'\n");
    Files.writeString(dir.resolve("secret"), "A='host'\n");
  }

  private java.util.Optional<String> value(String path, String key, boolean optional) {
    ObjectNode ref =
        Json.object()
            .put("volumeName", "v")
            .put("path", path)
            .put("key", key)
            .put("optional", optional);
    return EnvFiles.value(ref, Map.of("v", Mounted.at(volume)));
  }

  @Test
  void aVariableComesFromTheFile() {
    assertThat(value("sub/env", "A", false)).contains("1");
    assertThat(value("sub/env", "B", true)).isEmpty();
    assertThat(value("sub/none", "A", true)).isEmpty();
  }

  @Test
  void whatIsMissingIsTold() {
    assertThatThrownBy(() -> value("sub/env", "B", false))
        .hasMessage("environment variable key \"B\" not found in file \"sub/env\"");
    assertThatThrownBy(() -> value("sub/none", "A", false))
        .hasMessage(
            "couldn't parse env file: environment variable file \"sub/none\" does not exist");
    assertThatThrownBy(() -> EnvFiles.value(Json.object().put("volumeName", "w"), Map.of()))
        .hasMessage("cannot find the volume \"w\" referenced by FileKeyRef");
  }

  @Test
  void nothingLeadsOutOfTheVolume() throws Exception {
    Files.createSymbolicLink(volume.resolve("link"), dir.resolve("secret"));
    Files.createSymbolicLink(volume.resolve("folder"), dir);
    for (String path : new String[] {"link", "folder/secret", "../secret", "/etc/hostname"}) {
      assertThatThrownBy(() -> value(path, "A", true))
          .as(path)
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("couldn't parse env file: ");
    }
    assertThatThrownBy(() -> value("sub", "A", true)).hasMessageContaining("not a regular file");
    assertThat(new ProcessBuilder("mkfifo", volume.resolve("pipe").toString()).start().waitFor())
        .isZero();
    assertThatThrownBy(() -> value("pipe", "A", true)).hasMessageContaining("not a regular file");
  }

  @Test
  void aFileIsReadOnlySoFar() throws IOException {
    Files.writeString(volume.resolve("large"), "A='" + "x".repeat(1 << 20) + "'");
    assertThatThrownBy(() -> value("large", "A", true)).hasMessageContaining("more than 1048576");
  }
}
