package dev.coracle.apiserver.internal.http;

import dev.coracle.api.KubeObject;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a list, made out of the items' own encodings: a short one whole, a long one in pieces while
 * the socket takes them, so a list of a hundred megabytes costs one piece of memory, and other
 * requests of its event loop have their turn between the pieces. They have it too while the items
 * are measured, since some may not have been encoded before, and while what is not kept is made.
 * Objects keep their JSON compressed too, so that a long list is compressed once for all who ask.
 * All state belongs to the request's context.
 */
final class ListWriter {

  private static final int PIECE = 256 << 10;

  /** For the last item of a piece; a larger one makes the piece's room larger. */
  private static final int LAST_ITEM = 16 << 10;

  /** How long items are encoded in one go; others of this event loop wait so long. */
  private static final long TURN_NANOS = 2_000_000;

  private static final int SHORT = 4 << 10;

  private static final byte[] NONE = {};

  private final Exchange exchange;
  private final HttpServerResponse response;
  private final Context context;
  private final ListForm form;
  private final List<KubeObject> items;
  private long itemBytes;
  private int at;
  private byte[] head = NONE;
  private @Nullable Gzip gzip;
  private @Nullable GzipParts parts;

  /** A piece that the socket has taken: the next one is put together in the same room. */
  private @Nullable Piece spare;

  private boolean begun;
  private boolean waiting;

  private ListWriter(Exchange exchange, ListForm form, List<KubeObject> items) {
    this.exchange = exchange;
    this.response = exchange.response();
    this.context = exchange.context().vertx().getOrCreateContext();
    this.form = form;
    this.items = items;
  }

  /** Begins to send; whether it ends, the socket decides. */
  static void send(Exchange exchange, ListForm form, List<KubeObject> items) {
    ListWriter writer = new ListWriter(exchange, form, items);
    if (form.kept()) {
      writer.measure();
    } else {
      Piece made = new Piece(SHORT);
      made.put(form.head(0));
      writer.make(made);
    }
  }

  private boolean over() {
    return response.ended() || response.closed();
  }

  private void measure() {
    long end = System.nanoTime() + TURN_NANOS;
    for (; at < items.size() && System.nanoTime() - end < 0; at++) {
      byte[] item = form.item(items.get(at));
      itemBytes += form.prefix(at == 0, item).length + item.length - form.begin(item);
    }
    if (at < items.size()) {
      context.runOnContext(_ -> goOn(this::measure));
      return;
    }
    at = 0;
    head = form.head(itemBytes);
    long length = head.length + itemBytes + form.end(items.isEmpty()).length;
    if (length < PIECE) {
      byte[] whole = filled(new Piece((int) length)).toArray();
      Responder.bytes(exchange, 200, form.form().mediaType(), whole);
    } else if (begin(length)) {
      next();
    }
  }

  /** On a later turn of the event loop, where nobody else answers for what fails. */
  private void goOn(Runnable part) {
    if (over()) {
      return;
    }
    try {
      part.run();
    } catch (RuntimeException e) {
      Responder.failure(exchange, e);
    }
  }

  /** Makes of items that are not kept so much that it can be sent. */
  private void make(Piece piece) {
    long end = System.nanoTime() + TURN_NANOS;
    for (; at < items.size() && piece.length() < PIECE && System.nanoTime() - end < 0; at++) {
      byte[] item = form.item(items.get(at));
      piece.put(form.prefix(at == 0, item));
      piece.put(item, form.begin(item));
    }
    boolean last = at == items.size();
    if (last) {
      piece.put(form.end(items.isEmpty()));
    } else if (piece.length() < PIECE) {
      context.runOnContext(_ -> goOn(() -> make(piece)));
      return;
    }
    if (last && !begun) {
      Responder.bytes(exchange, 200, form.form().mediaType(), piece.toArray());
      return;
    }
    if (begun || begin(-1)) {
      begun = true;
      write(piece, last);
    }
  }

  /**
   * @param length negative when it is not known
   * @return whether a body is to follow
   */
  private boolean begin(long length) {
    if (over()) {
      return false;
    }
    Responder.head(exchange, 200, form.form().mediaType());
    if (exchange.header("Accept-Encoding").contains("gzip")) {
      if (form.keptCompressed()) {
        parts = new GzipParts();
      } else {
        gzip = new Gzip();
      }
      response.putHeader("Content-Encoding", "gzip").putHeader("Vary", "Accept-Encoding");
      response.setChunked(true);
    } else if (length < 0) {
      response.setChunked(true);
    } else {
      response.putHeader("Content-Length", Long.toString(length));
    }
    if (exchange.request().method().name().equals("HEAD")) {
      response.end();
      return false;
    }
    response.exceptionHandler(_ -> {});
    response.drainHandler(_ -> drained());
    return true;
  }

  private void drained() {
    if (waiting) {
      waiting = false;
      goOn(this::next);
    }
  }

  private void next() {
    if (over()) {
      return;
    }
    Piece piece = room();
    if (form.kept()) {
      // In this order: filling goes on to the next item.
      write(parts == null ? filled(piece) : packed(piece, parts), at == items.size());
    } else {
      make(piece);
    }
  }

  private Piece room() {
    Piece room = spare;
    spare = null;
    return room == null ? new Piece(PIECE + LAST_ITEM) : room.cleared();
  }

  private void write(Piece piece, boolean last) {
    Buffer bytes = gzip == null ? piece.buffer() : wrapped(gzip.compress(piece, last));
    if (last) {
      response.end(bytes);
      return;
    }
    if (gzip != null) {
      spare = piece;
    }
    if (bytes.length() > 0) {
      Future<Void> sent = response.write(bytes);
      if (gzip == null) {
        sent.onSuccess(_ -> spare = piece);
      }
    }
    if (response.writeQueueFull()) {
      waiting = true;
    } else {
      context.runOnContext(_ -> goOn(this::next));
    }
  }

  private static Buffer wrapped(byte[] bytes) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
  }

  /** Puts the next items into it, until it is full or there are no more. */
  private Piece filled(Piece piece) {
    piece.put(head);
    head = NONE;
    while (at < items.size() && piece.length() < PIECE) {
      byte[] item = form.item(items.get(at));
      piece.put(form.prefix(at == 0, item));
      piece.put(item, form.begin(item));
      at++;
    }
    if (at == items.size()) {
      piece.put(form.end(items.isEmpty()));
    }
    return piece;
  }

  /** Likewise, of what the objects keep compressed; what is not is compressed now, for a while. */
  private Piece packed(Piece piece, GzipParts gzip) {
    if (head.length > 0) {
      gzip.begin(piece);
      gzip.put(piece, gzip.part(head));
      head = NONE;
    }
    long end = System.nanoTime() + TURN_NANOS;
    for (; at < items.size() && piece.length() < PIECE && System.nanoTime() - end < 0; at++) {
      KubeObject object = items.get(at);
      // Nothing stands before the first, which is not what it keeps.
      gzip.put(
          piece,
          at == 0
              ? gzip.part(prefixed(object, true))
              : object.compressed(o -> gzip.part(prefixed(o, false))));
    }
    if (at == items.size()) {
      gzip.put(piece, gzip.part(form.end(items.isEmpty())));
      gzip.end(piece);
    }
    return piece;
  }

  private byte[] prefixed(KubeObject object, boolean first) {
    byte[] item = form.item(object);
    byte[] prefix = form.prefix(first, item);
    int begin = form.begin(item);
    byte[] out = Arrays.copyOf(prefix, prefix.length + item.length - begin);
    System.arraycopy(item, begin, out, prefix.length, item.length - begin);
    return out;
  }

  /** What is compressed of the list comes out as it goes in, some of it later. */
  private static final class Gzip {

    private final ByteArrayOutputStream compressed = new ByteArrayOutputStream(PIECE / 4);
    private final GZIPOutputStream out;

    Gzip() {
      try {
        out =
            new GZIPOutputStream(compressed, 8192) {
              {
                def.setLevel(Deflater.BEST_SPEED);
              }
            };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    byte[] compress(Piece piece, boolean last) {
      try {
        piece.writeTo(out);
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
}
