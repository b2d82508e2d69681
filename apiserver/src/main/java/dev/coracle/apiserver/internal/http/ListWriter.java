package dev.coracle.apiserver.internal.http;

import dev.coracle.api.KubeObject;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a long list as JSON in pieces, made out of the items' own encodings while the socket takes
 * them: so a list of a hundred megabytes costs one piece of memory, and other requests of its event
 * loop have their turn between the pieces. All state belongs to the request's context.
 */
final class ListWriter {

  private static final int PIECE = 256 << 10;
  private static final byte[] ITEMS = ",\"items\":[".getBytes(StandardCharsets.UTF_8);
  private static final byte[] END = "]}\n".getBytes(StandardCharsets.UTF_8);

  private final HttpServerResponse response;
  private final Context context;
  private final byte[] head;
  private final Iterator<KubeObject> items;
  private final ByteArrayOutputStream compressed = new ByteArrayOutputStream(PIECE / 4);
  private final @Nullable GZIPOutputStream gzip;
  private boolean begun;
  private boolean waiting;

  private ListWriter(Exchange exchange, byte[] head, List<KubeObject> items, boolean gzips) {
    this.response = exchange.response();
    this.context = exchange.context().vertx().getOrCreateContext();
    this.head = head;
    this.items = items.iterator();
    this.gzip = gzips ? gzip(compressed) : null;
  }

  /** The length of the whole text. */
  static long length(byte[] head, List<KubeObject> items) {
    long length = head.length - 1 + ITEMS.length + Math.max(0, items.size() - 1) + END.length;
    for (KubeObject object : items) {
      length += object.json().length;
    }
    return length;
  }

  /** The whole text, for lists that are short. */
  static byte[] whole(byte[] head, List<KubeObject> items, int length) {
    byte[] out = new byte[length];
    int at = copy(head, head.length - 1, out, 0);
    at = copy(ITEMS, ITEMS.length, out, at);
    boolean first = true;
    for (KubeObject object : items) {
      if (!first) {
        out[at++] = ',';
      }
      first = false;
      at = copy(object.json(), object.json().length, out, at);
    }
    copy(END, END.length, out, at);
    return out;
  }

  private static int copy(byte[] from, int length, byte[] to, int at) {
    System.arraycopy(from, 0, to, at, length);
    return at + length;
  }

  /**
   * Begins to send; whether it ends, the socket decides.
   *
   * @param head the list as JSON without its items, at least one field
   */
  static void send(
      Exchange exchange, String mediaType, byte[] head, List<KubeObject> items, long length) {
    HttpServerResponse response = exchange.response();
    if (response.ended() || response.closed()) {
      return;
    }
    Responder.head(exchange, 200, mediaType);
    boolean gzips = exchange.header("Accept-Encoding").contains("gzip");
    if (gzips) {
      response.putHeader("Content-Encoding", "gzip").putHeader("Vary", "Accept-Encoding");
      response.setChunked(true);
    } else {
      response.putHeader("Content-Length", Long.toString(length));
    }
    if (exchange.request().method().name().equals("HEAD")) {
      response.end();
      return;
    }
    ListWriter writer = new ListWriter(exchange, head, items, gzips);
    response.exceptionHandler(_ -> {});
    response.drainHandler(_ -> writer.drained());
    writer.next();
  }

  private void drained() {
    if (waiting) {
      waiting = false;
      next();
    }
  }

  private void next() {
    if (response.ended() || response.closed()) {
      return;
    }
    byte[] piece = piece();
    boolean last = !items.hasNext();
    Buffer bytes = gzip == null ? wrapped(piece) : wrapped(compressed(gzip, piece, last));
    if (last) {
      response.end(bytes);
      return;
    }
    if (bytes.length() > 0) {
      response.write(bytes);
    }
    if (response.writeQueueFull()) {
      waiting = true;
    } else {
      context.runOnContext(_ -> next());
    }
  }

  private static Buffer wrapped(byte[] bytes) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
  }

  /** The next items, together at least a piece unless they are the last. */
  private byte[] piece() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(PIECE + (32 << 10));
    if (!begun) {
      out.write(head, 0, head.length - 1);
      out.writeBytes(ITEMS);
    }
    while (items.hasNext() && out.size() < PIECE) {
      if (begun) {
        out.write(',');
      }
      begun = true;
      out.writeBytes(items.next().json());
    }
    if (!items.hasNext()) {
      out.writeBytes(END);
    }
    return out.toByteArray();
  }

  private static GZIPOutputStream gzip(ByteArrayOutputStream to) {
    try {
      return new GZIPOutputStream(to, 8192) {
        {
          def.setLevel(Deflater.BEST_SPEED);
        }
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] compressed(GZIPOutputStream out, byte[] piece, boolean last) {
    try {
      out.write(piece);
      if (last) {
        out.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] bytes = compressed.toByteArray();
    compressed.reset();
    return bytes;
  }
}
