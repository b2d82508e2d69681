package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.config.ProcessOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the kernel what the configuration says of this process. What the kernel does not allow is
 * logged, and stays as it was.
 */
public final class ProcessLimits {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessLimits.class);
  private static final Path SCORE = Path.of("/proc/self/oom_score_adj");

  private ProcessLimits() {}

  public static void apply(ProcessOptions chosen) {
    OptionalInt score = chosen.oomScoreAdj();
    if (score.isPresent()) {
      try {
        Files.writeString(SCORE, Integer.toString(score.getAsInt()));
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("oomScoreAdj", score.getAsInt())
            .addKeyValue("why", e.toString())
            .log("Failed to ApplyOOMScoreAdj");
      }
    }
    OptionalLong files = chosen.maxOpenFiles();
    if (files.isPresent()) {
      try {
        Native.openFiles(files.getAsLong());
      } catch (IOException e) {
        LOG.atError()
            .addKeyValue("maxOpenFiles", files.getAsLong())
            .addKeyValue("why", e.getMessage())
            .log("Failed to set rlimit on max file handles");
      }
    }
  }
}
