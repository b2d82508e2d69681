package dev.coracle.kubelet.internal.shutdown;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the node last went away with grace, and when its pods had ended. Kept in a file, as upstream
 * writes it, since whoever wants to know asks after the node is back. Written by one thread at a
 * time, read by any. A file that cannot be written or read is logged, and holds up nothing.
 */
final class ShutdownTimes {
  static final String FILE = "graceful_node_shutdown_state";

  private static final Logger LOG = LoggerFactory.getLogger(ShutdownTimes.class);

  /** As Go writes a time that is none. */
  private static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  private final Optional<Path> file;
  private volatile Instant start = NEVER;
  private volatile Instant end = NEVER;

  /**
   * @param directory of the kubelet; empty: nothing is kept
   */
  ShutdownTimes(Optional<Path> directory) {
    this.file = directory.map(d -> d.resolve(FILE));
  }

  void restore() {
    if (file.isEmpty() || !Files.exists(file.get())) {
      return;
    }
    try {
      JsonNode state = Json.parseObject(Files.readString(file.get()));
      Instant read = Instant.parse(state.path("startTime").asText());
      end = Instant.parse(state.path("endTime").asText());
      start = read;
    } catch (IOException | StatusException | DateTimeException e) {
      LOG.atError()
          .addKeyValue("file", file.get())
          .addKeyValue("why", e.toString())
          .log("Failed to load graceful shutdown state");
    }
  }

  void begin(Instant now) {
    start = now;
    end = NEVER;
    save();
  }

  void end(Instant now) {
    end = now;
    save();
  }

  private void save() {
    if (file.isEmpty()) {
      return;
    }
    Path to = file.get();
    ObjectNode state =
        Json.object().put("startTime", start.toString()).put("endTime", end.toString());
    try {
      Path fresh = to.resolveSibling(FILE + ".tmp");
      Files.write(fresh, Json.bytes(state));
      Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("file", to)
          .addKeyValue("why", e.toString())
          .log("Failed to store graceful shutdown state");
    }
  }

  /** Seconds since the epoch, zero for never. */
  double startSeconds() {
    return seconds(start);
  }

  double endSeconds() {
    return seconds(end);
  }

  private static double seconds(Instant time) {
    return time.equals(NEVER) ? 0 : time.toEpochMilli() / 1000.0;
  }
}
