package dev.coracle.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process leaves in its data directory, as a power failure may have left it. */
class StateFilesFuzz {

  @TempDir Path directory;

  @FuzzTest(maxDuration = "30s")
  void files(byte[] input) throws IOException {
    read(input);
  }

  @Test
  void changedFiles() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "{\"pid\":7,\"phase\":\"ready\",\"apiUrl\":\"https://127.0.0.1:6443\"}",
            "42\n",
            "",
            "\0")
        .words("\"pid\":", "{", "[", "null", "1e400", "-1", "99999999999")
        .percent(50)
        .run(this::read);
  }

  private void read(byte[] input) throws IOException {
    Path run = Files.createDirectories(directory.resolve("run"));
    Files.write(run.resolve("process.json"), input);
    ProcessState.read(directory);
    String text = new String(input, StandardCharsets.ISO_8859_1);
    assertThat(NetworkPlan.remembered(text.lines().toList()))
        .matches(number -> number.isEmpty() || number.get() < 90);
  }

  /** The process did not start, and did not say why. */
  @Test
  void aDamagedMemoryOfTheNetworkIsForgotten() {
    for (String line : new String[] {"", "\0\0\0", "x", "-1", "90", "99999999999"}) {
      assertThat(NetworkPlan.remembered(java.util.List.of(line))).as(line).isEmpty();
    }
    assertThat(NetworkPlan.remembered(java.util.List.of(" 42 "))).contains(42);
  }
}
