package dev.coracle.criruntime.internal.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files of {@code /proc}. Names stand in them as whoever gave them wrote them, which containers do:
 * bytes that are no text must not hide the rest.
 */
public final class ProcFiles {

  private ProcFiles() {}

  /** All of it; what is no text has replacement characters in its place. */
  public static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
