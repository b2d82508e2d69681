package dev.coracle.api;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Programs that a test makes and starts at once. Another process writes them: what this one has
 * open for writing is open for a moment, too, in each program that another thread starts meanwhile,
 * and as long the kernel starts no such file ("Text file busy").
 */
public final class ProgramFile {

  private ProgramFile() {}

  public static Path write(Path file, String script) throws IOException {
    return write(file, script.getBytes(StandardCharsets.UTF_8));
  }

  public static Path write(Path file, byte[] content) throws IOException {
    Process writer =
        new ProcessBuilder("sh", "-c", "cat > \"$0\" && chmod 755 \"$0\"", file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var to = writer.getOutputStream()) {
      to.write(content);
    }
    try {
      if (writer.waitFor() != 0) {
        throw new IOException("cannot write " + file);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return file;
  }
}
