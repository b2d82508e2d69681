package dev.coracle.cridocker.internal.engine;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as a stream for one virtual thread, which asks for each piece when it wants
 * it: what is not read is not received. To be made on the answer's event loop.
 */
final class BodyStream extends InputStream {

  /** A piece of the body, or its end, or why it ended early. */
  private record Piece(Optional<Buffer> bytes, Optional<Throwable> failure) {}

  private final HttpClientResponse response;
  private final Context context;
  private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
  private @Nullable Buffer current;
  private int position;
  private volatile boolean ended;

  BodyStream(Vertx vertx, HttpClientResponse response) {
    this.response = response;
    this.context = vertx.getOrCreateContext();
    response.pause();
    response.handler(bytes -> pieces.add(new Piece(Optional.of(bytes), Optional.empty())));
    response.endHandler(v -> pieces.add(new Piece(Optional.empty(), Optional.empty())));
    response.exceptionHandler(e -> pieces.add(new Piece(Optional.empty(), Optional.of(e))));
    response.fetch(1);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    Buffer from = current;
    while (from == null || position == from.length()) {
      if (ended) {
        return -1;
      }
      from = next();
      current = from;
      position = 0;
    }
    int count = Math.min(length, from.length() - position);
    from.getBytes(position, position + count, into, offset);
    position += count;
    return count;
  }

  /** The next piece; an empty one at the end. */
  private Buffer next() throws IOException {
    try {
      Piece piece = pieces.take();
      if (piece.failure().isPresent()) {
        ended = true;
        throw new IOException("the Docker daemon ended the answer", piece.failure().get());
      }
      if (piece.bytes().isEmpty()) {
        ended = true;
        return Buffer.buffer();
      }
      context.runOnContext(v -> response.fetch(1));
      return piece.bytes().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** From any thread; whoever reads learns of the end. */
  @Override
  public void close() {
    if (ended) {
      // The connection serves others already.
      return;
    }
    context.runOnContext(v -> response.request().connection().close());
    pieces.add(new Piece(Optional.empty(), Optional.empty()));
  }
}
