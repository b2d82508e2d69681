package dev.coracle.criruntime.internal.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Reading and writing the small files of a group. */
final class CgroupFiles {
  private CgroupFiles() {}

  static void write(Path file, String value) throws IOException {
    Files.write(
        file,
        value.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
        java.nio.file.StandardOpenOption.WRITE);
  }

  /** False when the kernel refused. */
  static boolean tryWrite(Path file, String value) {
    try {
      write(file, value);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }

  static OptionalLong number(Path file) {
    List<String> lines = lines(file);
    try {
      return lines.isEmpty()
          ? OptionalLong.empty()
          : OptionalLong.of(Long.parseLong(lines.getFirst().strip()));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The value of a key in a file of "key value" lines; 0 when it is not there. */
  static long keyed(List<String> lines, String key) {
    for (String line : lines) {
      if (line.startsWith(key)
          && line.length() > key.length()
          && line.charAt(key.length()) == ' ') {
        return Long.parseLong(line.substring(key.length() + 1).strip());
      }
    }
    return 0;
  }
}
