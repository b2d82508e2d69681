package dev.coracle.watchhub.internal.embedded;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Collects the frames of one group. The writer's alone. */
final class FrameBuffer {

  private static final int KEEP = 1 << 20;

  private ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
  private int frameStart;

  void begin(long group, Frame.Kind kind) {
    room(Frame.OVERHEAD);
    frameStart = buffer.position();
    buffer.putInt(Frame.MAGIC).putInt(0).putInt(0).putLong(group).put((byte) kind.ordinal());
  }

  void end() {
    int from = frameStart + Frame.HEADER;
    int length = buffer.position() - from;
    buffer.putInt(frameStart + 4, length);
    buffer.putInt(frameStart + 8, Frame.checksum(buffer.slice(from, length)));
  }

  void putLong(long value) {
    room(8);
    buffer.putLong(value);
  }

  void putInt(int value) {
    room(4);
    buffer.putInt(value);
  }

  void putByte(int value) {
    room(1);
    buffer.put((byte) value);
  }

  void putText(String text) {
    putBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Length and bytes; gives where the bytes begin. */
  int putBytes(byte[] bytes) {
    room(4 + bytes.length);
    buffer.putInt(bytes.length);
    int at = buffer.position();
    buffer.put(bytes);
    return at;
  }

  void putCount(int at, int count) {
    buffer.putInt(at, count);
  }

  int position() {
    return buffer.position();
  }

  /** Takes back everything from here on. */
  void position(int position) {
    buffer.position(position);
  }

  boolean isEmpty() {
    return buffer.position() == 0;
  }

  /** The collected bytes, to be written. */
  ByteBuffer flip() {
    return buffer.flip();
  }

  void clear() {
    if (buffer.capacity() > KEEP) {
      buffer = ByteBuffer.allocateDirect(64 << 10);
    }
    buffer.clear();
  }

  private void room(int bytes) {
    if (buffer.remaining() < bytes) {
      int needed = buffer.position() + bytes;
      ByteBuffer bigger =
          ByteBuffer.allocateDirect(Math.max(needed, Math.min(buffer.capacity() * 2, 1 << 28)));
      bigger.put(buffer.flip());
      buffer = bigger;
    }
  }
}
