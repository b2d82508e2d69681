package dev.coracle.logs.internal.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.logs.LogStream;
import java.util.Optional;

/**
 * The lines of a segment, tab-separated UTF-8: {@code S id json} names a container, {@code R id
 * time o|e message} is a line of it. Streams are named again in every segment, so each can be read
 * alone.
 */
final class SegmentFormat {

  /** Nine digits after the second; longer for years beyond 9999. */
  private static final int TIME_LENGTH = "2026-01-02T03:04:05.123456789Z".length();

  private SegmentFormat() {}

  static String stream(int id, LogStream stream) {
    ObjectNode json = Json.object();
    json.put("namespace", stream.namespace())
        .put("pod", stream.pod())
        .put("uid", stream.uid())
        .put("container", stream.container())
        .put("node", stream.node());
    ObjectNode labels = json.putObject("labels");
    stream.labels().forEach(labels::put);
    return "S\t" + id + "\t" + json + "\n";
  }

  /** Empty for what a power failure has damaged. */
  static Optional<LogStream> stream(String json) {
    try {
      JsonNode node = Json.parseObject(json);
      return Optional.of(
          new LogStream(
              node.path("namespace").asText(),
              node.path("pod").asText(),
              node.path("uid").asText(),
              node.path("container").asText(),
              node.path("node").asText(),
              KubeObject.strings(node.path("labels"))));
    } catch (StatusException e) {
      return Optional.empty();
    }
  }

  /** Whether it may be the time of an entry. */
  static boolean isTime(String text) {
    return text.length() >= TIME_LENGTH && text.endsWith("Z");
  }

  static String entry(int id, String time, String output, String message) {
    return "R\t"
        + id
        + "\t"
        + time
        + "\t"
        + (output.equals("stderr") ? "e" : "o")
        + "\t"
        + message
        + "\n";
  }

  static String path(LogStream stream) {
    return stream.namespace() + "/" + stream.pod() + "/" + stream.container();
  }
}
