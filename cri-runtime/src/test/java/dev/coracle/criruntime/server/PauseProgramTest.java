package dev.coracle.criruntime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.ProgramFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PauseProgramTest {
  @TempDir Path directory;

  @Test
  void sleepsAndIgnoresItsChildren() throws Exception {
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "runs this machine's program");
    Path file = ProgramFile.write(directory.resolve("pause"), PauseProgram.of("amd64"));
    Process process = new ProcessBuilder(file.toString()).start();
    try {
      // SIGCHLD, number 17, among the ignored signals; and the process sleeps in the kernel.
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/status")))
                  .containsPattern("SigIgn:\\t[0-9a-f]{11}1[0-9a-f]{4}")
                  .contains("State:\tS"));
      assertThat(process.isAlive()).isTrue();
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void theOtherArchitecturesProgramIsOfThatMachine() {
    ByteBuffer elf = ByteBuffer.wrap(PauseProgram.of("arm64")).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(elf.getInt(0)).isEqualTo(0x464c457f);
    assertThat(elf.getShort(18)).isEqualTo((short) 183);
    // The program begins behind the headers and is as long as the file.
    assertThat(elf.getLong(24)).isEqualTo(0x400000 + 120);
    assertThat(elf.getLong(64 + 32)).isEqualTo(elf.capacity());
  }

  @Test
  void thereIsNoneForOthers() {
    assertThatThrownBy(() -> PauseProgram.of("s390x"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("s390x");
  }
}
