package dev.coracle.kubelet.server.internal.nodelogs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeLogFilesTest {
  @TempDir Path outer;
  private Path logs;

  @BeforeEach
  void files() throws Exception {
    logs = Files.createDirectory(outer.resolve("log"));
    Files.writeString(outer.resolve("secret"), "secret");
    Files.createDirectory(outer.resolve("log2"));
    Files.writeString(outer.resolve("log2/x"), "secret");
    Files.createDirectory(logs.resolve("pods"));
    Files.writeString(logs.resolve("pods/0.log"), "inside");
    Files.createDirectory(logs.resolve("containers"));
    Files.createSymbolicLink(logs.resolve("containers/c.log"), Path.of("../pods/0.log"));
    Files.createSymbolicLink(logs.resolve("absolute"), outer.resolve("secret"));
    Files.createSymbolicLink(logs.resolve("relative"), Path.of("../secret"));
    Files.createSymbolicLink(logs.resolve("up"), Path.of(".."));
    Files.createSymbolicLink(logs.resolve("beside"), outer.resolve("log2"));
    Files.createSymbolicLink(logs.resolve("loop"), Path.of("loop"));
  }

  private String read(String name) throws Exception {
    try (NodeLogFiles.Opened file = new NodeLogFiles(logs).open(name)) {
      return Files.readString(file.path());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pods/0.log",
        "/pods//0.log",
        "containers/c.log",
        "../pods/0.log",
        "x/../../pods/0.log"
      })
  void whatIsBelowIsRead(String name) throws Exception {
    assertThat(read(name)).isEqualTo("inside");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "absolute",
        "relative",
        "up/secret",
        "beside/x",
        "../secret",
        "none",
        "a\0b",
        "../log2/x"
      })
  void whatIsNotBelowIsNotThere(String name) {
    assertThatThrownBy(() -> read(name)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aLinkToItselfIsNoFile() {
    assertThatThrownBy(() -> read("loop")).isInstanceOf(java.io.IOException.class);
  }

  @Test
  void pipesAreNotOpened() throws Exception {
    Process made = new ProcessBuilder("mkfifo", logs.resolve("pipe").toString()).start();
    assertThat(made.waitFor()).isZero();
    assertThatThrownBy(() -> read("pipe")).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aDirectoryTellsItsNames() throws Exception {
    try (NodeLogFiles.Opened file = new NodeLogFiles(logs).open("")) {
      assertThat(file.isDirectory()).isTrue();
      assertThat(file.names()).startsWith("absolute").contains("containers/", "pods/", "loop");
    }
  }
}
