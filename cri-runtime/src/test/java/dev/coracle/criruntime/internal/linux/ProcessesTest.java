package dev.coracle.criruntime.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ProcessesTest {

  /**
   * A container's process may call itself anything. One with a name that is no text was taken for
   * dead: nobody adopted it after a crash, and nobody killed it with its session.
   */
  @Test
  void aProcessLivesWhateverItCallsItself() throws Exception {
    assumeTrue(Files.isDirectory(Path.of("/proc/self")), "needs /proc");
    Process process =
        new ProcessBuilder(
                "/bin/sh", "-c", "printf '\\377) R 1 (' >/proc/$$/comm && echo named && read -r x")
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("named");
      int pid = (int) process.pid();
      long start = Processes.startTime(pid);
      assertThat(start).isPositive();
      assertThat(Processes.isAlive(pid, start)).isTrue();
    } finally {
      process.getOutputStream().close();
      process.waitFor();
    }
    assertThat(Processes.startTime((int) process.pid())).isEqualTo(-1);
  }
}
