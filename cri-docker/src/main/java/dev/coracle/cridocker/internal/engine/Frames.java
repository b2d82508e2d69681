package dev.coracle.cridocker.internal.engine;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Output of a container as Docker sends it: with a terminal as it is, without one in frames that
 * say which stream they are of (eight bytes before each: the stream, three of nothing, the length).
 */
public final class Frames {
  private static final int HEAD = 8;
  private static final int CHUNK = 32 * 1024;
  private static final int STDERR = 2;

  /** Some output of one stream. */
  public record Frame(boolean error, byte[] bytes) {}

  private final InputStream in;
  private final boolean terminal;
  private final byte[] head = new byte[HEAD];
  private int left;
  private boolean error;

  public Frames(InputStream in, boolean terminal) {
    this.in = in;
    this.terminal = terminal;
  }

  /** The next output as it comes, a frame or a part of one; null at the end. */
  public @Nullable Frame next() throws IOException {
    while (!terminal && left == 0) {
      if (!head()) {
        return null;
      }
    }
    byte[] bytes = new byte[terminal ? CHUNK : Math.min(CHUNK, left)];
    int count = in.read(bytes, 0, bytes.length);
    if (count < 0) {
      return null;
    }
    if (!terminal) {
      left -= count;
    }
    return new Frame(error, count == bytes.length ? bytes : java.util.Arrays.copyOf(bytes, count));
  }

  /**
   * The next frame as a whole; null at the end.
   *
   * @param most a longer one is a failure
   */
  public @Nullable Frame whole(int most) throws IOException {
    if (!head()) {
      return null;
    }
    if (left > most) {
      throw new IOException("Docker sent a frame of " + left + " bytes");
    }
    byte[] bytes = in.readNBytes(left);
    if (bytes.length < left) {
      return null;
    }
    left = 0;
    return new Frame(error, bytes);
  }

  private boolean head() throws IOException {
    int count = in.readNBytes(head, 0, HEAD);
    if (count == 0) {
      return false;
    }
    if (count < HEAD) {
      throw new EOFException("Docker ended its output in the middle of a frame");
    }
    error = head[0] == STDERR;
    left = ByteBuffer.wrap(head).getInt(4);
    if (left < 0 || head[0] < 0 || head[0] > STDERR) {
      throw new IOException("Docker's output is not in frames");
    }
    return true;
  }
}
