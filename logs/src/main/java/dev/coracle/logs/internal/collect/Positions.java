package dev.coracle.logs.internal.collect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;

/**
 * How far each log file was read, so that a restart goes on there: one line a file, {@code path
 * identity offset time}, written anew as a whole. A line that a power failure has damaged is passed
 * over: its file is read from the beginning.
 */
final class Positions {

  /**
   * @param identity of the file, whatever it is called
   * @param time of the last line that was taken
   */
  record Position(String identity, long offset, String time) {
    static final Position START = new Position("", 0, "");
  }

  private final Path file;

  Positions(Path file) {
    this.file = file;
  }

  Map<String, Position> read() throws IOException {
    Map<String, Position> found = new HashMap<>();
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      for (String line : text.split("\n")) {
        String[] parts = line.split("\t", 4);
        if (parts.length == 4 && parts[2].matches("\\d{1,18}")) {
          found.put(parts[0], new Position(parts[1], Long.parseLong(parts[2]), parts[3]));
        }
      }
    } catch (NoSuchFileException e) {
      return found;
    }
    return found;
  }

  void write(Map<String, Position> positions) throws IOException {
    StringBuilder text = new StringBuilder();
    positions.forEach((path, p) ->
        text.append(path)
            .append('\t')
            .append(p.identity())
            .append('\t')
            .append(p.offset())
            .append('\t')
            .append(p.time())
            .append('\n'));
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.writeString(next, text, StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
