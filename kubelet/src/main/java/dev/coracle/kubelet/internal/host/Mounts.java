package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What is mounted where, by {@code /proc/self/mountinfo}. */
public final class Mounts {
  private Mounts() {}

  /** Mount points at or below a directory, deepest first. */
  public static List<Path> below(Path directory) throws IOException {
    Path table = Path.of("/proc/self/mountinfo");
    return Files.exists(table) ? below(directory, Files.readAllBytes(table)) : List.of();
  }

  /**
   * Directories of volumes may have names that are no text; the others' mounts count all the same.
   */
  static List<Path> below(Path directory, byte[] table) {
    List<Path> found = new ArrayList<>();
    for (String line : new String(table, StandardCharsets.UTF_8).split("\n")) {
      String[] fields = line.split(" ");
      if (fields.length > 4) {
        // Compared as texts: elsewhere there may be places that no path of this locale can tell.
        String point = unescape(fields[4]);
        if ((point + "/").startsWith(directory + "/")) {
          found.add(Path.of(point));
        }
      }
    }
    Collections.reverse(found);
    return found;
  }

  /** Detaches everything mounted at or below a directory. */
  public static void detachBelow(Path directory) throws IOException {
    for (Path point : below(directory)) {
      Native.unmount(point);
    }
  }

  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    return text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
