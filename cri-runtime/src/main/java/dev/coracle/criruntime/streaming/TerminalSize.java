package dev.coracle.criruntime.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Optional;

/** What a client says on {@link Channels#RESIZE}: {@code {"Width":80,"Height":24}}. */
public record TerminalSize(int width, int height) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 65_535;

  /** Empty for what is no size, which changes nothing. */
  public static Optional<TerminalSize> of(byte[] message) {
    try {
      JsonNode tree = JSON.readTree(message);
      int width = tree.path("Width").asInt(tree.path("width").asInt());
      int height = tree.path("Height").asInt(tree.path("height").asInt());
      return width > 0 && height > 0 && width <= MOST && height <= MOST
          ? Optional.of(new TerminalSize(width, height))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
