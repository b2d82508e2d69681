package dev.coracle.criruntime.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SealedProgramTest {
  private static final Path PROGRAM = Path.of("/bin/echo");

  @BeforeEach
  void onLinux() {
    assumeTrue(Native.isAvailable(), "needs Linux on x86_64 or aarch64");
    assumeTrue(Files.isExecutable(PROGRAM), "needs /bin/echo");
  }

  @Test
  void startsFromMemory() throws Exception {
    Path sealed = SealedProgram.of(PROGRAM);

    Process process = new ProcessBuilder(sealed.toString(), "hello").start();

    assertThat(new String(process.getInputStream().readAllBytes())).isEqualTo("hello\n");
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(Files.readSymbolicLink(sealed).toString()).startsWith("/memfd:echo");
  }

  @Test
  void nobodyChangesIt() {
    Path sealed = SealedProgram.of(PROGRAM);

    assertThatThrownBy(() -> Files.write(sealed, new byte[] {1}, StandardOpenOption.WRITE))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Files.write(sealed, new byte[0], StandardOpenOption.TRUNCATE_EXISTING))
        .isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNotThereStaysAPath() {
    assertThat(SealedProgram.of(Path.of("/nonexistent"))).isEqualTo(Path.of("/nonexistent"));
  }
}
