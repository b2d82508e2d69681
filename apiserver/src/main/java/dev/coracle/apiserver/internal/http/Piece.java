package dev.coracle.apiserver.internal.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * A part of an answer, put together in one array that the socket is given without a copy. Whoever
 * uses it again waits until the socket has what was in it. Belongs to one event loop.
 */
final class Piece {

  private byte[] bytes;
  private int length;

  Piece(int room) {
    this.bytes = new byte[room];
  }

  int length() {
    return length;
  }

  /** Begins anew, in the same array. */
  Piece cleared() {
    length = 0;
    return this;
  }

  void put(byte[] more) {
    put(more, 0);
  }

  /**
   * @param from where the part begins that is put
   */
  void put(byte[] more, int from) {
    int added = more.length - from;
    if (added > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.addExact(length, Math.max(added, length)));
    }
    System.arraycopy(more, from, bytes, length, added);
    length += added;
  }

  /** All that was put; the array itself where it is full. */
  byte[] toArray() {
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }

  void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
  }

  /** Shows the array itself, which must not change before the buffer was sent. */
  Buffer buffer() {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, 0, length));
  }
}
