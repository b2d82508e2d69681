package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What OCI runtimes of several versions leave in the log they are given. */
class OciLogTest {
  @TempDir Path directory;

  private String error(String log) throws IOException {
    return OciKind.error(Files.writeString(directory.resolve("runtime.log"), log));
  }

  @Test
  void theLastErrorCounts() throws IOException {
    assertThat(
            error(
                """
                {"level":"warning","msg":"can't raise ambient capability","time":"2026-11-27T23:51:34Z"}
                {"level":"error","msg":"first","time":"2026-11-27T23:51:34Z"}
                {"level":"error","msg":"exec: \\"/x\\": permission denied","time":"2026-11-27T23:51:34Z"}
                """))
        .isEqualTo("exec: \"/x\": permission denied");
  }

  @Test
  void anErrorStandsOverSeveralLines() throws IOException {
    assertThat(
            error(
                """
                {
                  "msg": "executable file `\\/no\\/such` not found: No such file or directory",
                  "level": "error",
                  "time": "2026-11-27T23:51:34.332314Z"
                }
                """))
        .isEqualTo("executable file `/no/such` not found: No such file or directory");
  }

  @Test
  void aLogThatIsCutOffSaysWhatItHad() throws IOException {
    assertThat(error("{\"level\":\"error\",\"msg\":\"whole\"}\n{\"level\":\"err"))
        .isEqualTo("whole");
    assertThat(OciKind.error(directory.resolve("none")))
        .isEqualTo("the OCI runtime ended without a word");
  }
}
