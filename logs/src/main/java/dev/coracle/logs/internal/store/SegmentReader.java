package dev.coracle.logs.internal.store;

import dev.coracle.logs.LogEntry;
import dev.coracle.logs.LogStream;
import dev.coracle.logs.internal.store.LogQuery.Hit;
import dev.coracle.logs.internal.store.LogQuery.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads a segment from its beginning. A line that is not yet whole is left, and so is one that is
 * none: after a power failure a file may have zeros where something was written.
 */
final class SegmentReader {

  private SegmentReader() {}

  /** Gives every entry the query wants, in the order in which they stand. */
  static void read(Path file, long segment, LogQuery query, Consumer<Hit> hits) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Map<String, LogStream> streams = new HashMap<>();
    long end =
        query
            .before()
            .filter(p -> p.segment() == segment)
            .map(Place::offset)
            .orElse(Long.MAX_VALUE);
    int begin = 0;
    for (int i = 0; i < bytes.length && begin < end; i++) {
      if (bytes[i] != '\n') {
        continue;
      }
      String[] parts = new String(bytes, begin, i - begin, StandardCharsets.UTF_8).split("\t", 5);
      if (parts.length == 3 && parts[0].equals("S")) {
        Optional<LogStream> stream = SegmentFormat.stream(parts[2]).filter(query::wants);
        if (stream.isPresent()) {
          streams.put(parts[1], stream.get());
        } else {
          streams.remove(parts[1]);
        }
      } else if (parts.length == 5 && parts[0].equals("R") && SegmentFormat.isTime(parts[2])) {
        LogStream stream = streams.get(parts[1]);
        String output = parts[3].equals("e") ? "stderr" : "stdout";
        if (stream != null && query.wants(parts[2], output, parts[4])) {
          hits.accept(
              new Hit(new Place(segment, begin), new LogEntry(stream, parts[2], output, parts[4])));
        }
      }
      begin = i + 1;
    }
  }
}
