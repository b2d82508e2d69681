package dev.coracle.cridocker.internal.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What Docker tells one after another, an object a line: its events, and how a pull goes on. No
 * more than a line is held, and not more of it than {@link #MOST}. Belongs to one thread.
 */
public final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** An event bears all labels of its container, and among them a pod's annotations. */
  static final int MOST = 4 << 20;

  private final InputStream in;

  public JsonLines(InputStream in) {
    this.in = new BufferedInputStream(in);
  }

  /**
   * The next object; blocks until there is one. A line that is none is a missing node, so that
   * whoever reads can pass it over and loses only that.
   *
   * @return null at the end
   */
  public @Nullable JsonNode next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean whole = true;
    int b = in.read();
    if (b < 0) {
      return null;
    }
    for (; b >= 0 && b != '\n'; b = in.read()) {
      whole = line.size() < MOST;
      if (whole) {
        line.write(b);
      }
    }
    return whole ? object(line.toByteArray()) : MissingNode.getInstance();
  }

  private static JsonNode object(byte[] line) {
    try {
      JsonNode read = JSON.readTree(line);
      return read.isObject() ? read : MissingNode.getInstance();
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }
}
