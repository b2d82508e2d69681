package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong is said in one clear line, with the right exit code. */
class BadInputIT {

  @Test
  void unknownFlagsAndKeys(@TempDir Path directory) throws Exception {
    Shell.Result flag = coracle("up", "--prot", "1");
    assertThat(flag.exitCode()).isEqualTo(2);
    assertThat(flag.err()).contains("Unknown option").contains("--prot");
    Path file = directory.resolve("config.yaml");
    Files.writeString(file, "porrt: 1\n");
    Shell.Result key = coracle("up", "--config", file.toString());
    assertThat(key.exitCode()).isEqualTo(2);
    assertThat(key.err()).contains("has the unknown key 'porrt'").contains("port");
    assertThat(coracle("up", "--config", "/no/such/file").err()).contains("does not exist");
  }

  @Test
  void aKubeletConfigurationThatCannotBe(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("kubelet.yaml");
    Files.writeString(
        file,
        """
        apiVersion: kubelet.config.k8s.io/v1beta1
        kind: KubeletConfiguration
        evictionSoft: {memory.available: 1Gi}
        """);
    Shell.Result result =
        coracle(
            "up",
            "--data-dir",
            directory.resolve("data").toString(),
            "--kubelet-config",
            file.toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("--kubelet-config " + file)
        .contains("grace period must be specified for the soft eviction threshold");
  }

  @Test
  void aTakenPort(@TempDir Path directory) throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress("0.0.0.0", 0));
      Shell.Result result =
          coracle(
              "up",
              "--data-dir",
              directory.resolve("data").toString(),
              "--port",
              String.valueOf(taken.getLocalPort()));
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err()).contains(String.valueOf(taken.getLocalPort())).contains("--port");
    }
  }

  @Test
  void aDataDirectoryThatIsAFile(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    Shell.Result result = coracle("up", "--data-dir", file.toString(), "--port", "0");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("cannot use the data directory").contains("--data-dir");
  }

  @Test
  void aRuntimeThatIsNotThere(@TempDir Path directory) {
    Shell.Result result =
        coracle(
            "up",
            "--data-dir",
            directory.resolve("data").toString(),
            "--port",
            "0",
            "--container-runtime-endpoint",
            "/no/such.sock");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("there is no socket /no/such.sock");
  }

  @Test
  void anArchiveThatIsNone(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("image.tar"), "no archive");
    Shell.Result result =
        coracle(
            "image", "load", "--data-dir", directory.resolve("data").toString(), file.toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("cannot be loaded");
  }

  private static Shell.Result coracle(String... arguments) {
    return Shell.run(Duration.ofSeconds(120), Map.of(), "", CoracleProcess.command(arguments));
  }
}
