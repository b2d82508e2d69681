package dev.coracle.kubelet.server.internal.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Header blocks of one session: both directions keep one zlib stream over the session's life, so
 * blocks must be coded in the order in which they are sent or received. Holds native memory until
 * {@link #close}. Not thread-safe.
 */
final class SpdyHeaderBlock implements AutoCloseable {
  /** A block that inflates to more than this breaks the session. */
  static final int MAX_BLOCK = 64 * 1024;

  private final Deflater deflater = new Deflater();
  private final Inflater inflater = new Inflater();
  private final byte[] dictionary = SpdyDictionary.bytes();
  private boolean closed;

  SpdyHeaderBlock() {
    deflater.setDictionary(dictionary);
  }

  Buffer compress(Map<String, String> headers) {
    Buffer plain = Buffer.buffer().appendInt(headers.size());
    headers.forEach((name, value) -> {
      append(plain, name.toLowerCase(Locale.ROOT));
      append(plain, value);
    });
    deflater.setInput(plain.getBytes());
    Buffer out = Buffer.buffer();
    byte[] chunk = new byte[512];
    int n;
    do {
      n = deflater.deflate(chunk, 0, chunk.length, Deflater.SYNC_FLUSH);
      out.appendBytes(chunk, 0, n);
    } while (n == chunk.length);
    return out;
  }

  Map<String, String> decompress(Buffer block) {
    if (block.length() == 0) {
      return Map.of(); // some encoders write no block at all for no headers
    }
    Buffer plain = Buffer.buffer();
    byte[] chunk = new byte[2048];
    inflater.setInput(block.getBytes());
    try {
      while (true) {
        int n = inflater.inflate(chunk);
        if (n > 0) {
          plain.appendBytes(chunk, 0, n);
          if (plain.length() > MAX_BLOCK) {
            throw new SpdyException("header block is too large");
          }
        } else if (inflater.needsDictionary()) {
          inflater.setDictionary(dictionary);
        } else {
          break;
        }
      }
      return parse(plain);
    } catch (DataFormatException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new SpdyException("malformed header block: " + e.getMessage());
    }
  }

  private static Map<String, String> parse(Buffer plain) {
    Map<String, String> headers = new LinkedHashMap<>();
    int count = plain.getInt(0);
    int position = 4;
    for (int i = 0; i < count; i++) {
      String name = text(plain, position);
      position += 4 + plain.getInt(position);
      String value = text(plain, position);
      position += 4 + plain.getInt(position);
      if (headers.put(name.toLowerCase(Locale.ROOT), value) != null) {
        throw new SpdyException("duplicate header " + name);
      }
    }
    return headers;
  }

  /** The length is the peer's word, and a buffer makes room before it looks. */
  private static String text(Buffer plain, int at) {
    int length = plain.getInt(at);
    if (length < 0 || length > plain.length() - at - 4) {
      throw new SpdyException("truncated header block");
    }
    return plain.getString(at + 4, at + 4 + length, "UTF-8");
  }

  private static void append(Buffer out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    out.appendInt(bytes.length).appendBytes(bytes);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      deflater.end();
      inflater.end();
    }
  }
}
