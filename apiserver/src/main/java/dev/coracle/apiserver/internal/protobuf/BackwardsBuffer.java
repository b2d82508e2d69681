package dev.coracle.apiserver.internal.protobuf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Protobuf's wire format, written from the end to the beginning: the length of a message is known
 * when its head is written, so nothing is measured first or copied afterwards. Confined to one
 * thread.
 */
final class BackwardsBuffer {

  private byte[] data;
  private int at;

  BackwardsBuffer(int size) {
    data = new byte[size];
    at = size;
  }

  /** How much has been written. */
  int size() {
    return data.length - at;
  }

  private void need(int count) {
    if (at < count) {
      int used = size();
      byte[] more = new byte[Math.max(data.length * 2, used + count)];
      System.arraycopy(data, at, more, more.length - used, used);
      at = more.length - used;
      data = more;
    }
  }

  void varint(long value) {
    int count = (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    need(count);
    at -= count;
    int to = at;
    long rest = value;
    for (int i = 1; i < count; i++) {
      data[to++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    data[to] = (byte) (rest & 0x7f);
  }

  void tag(int number, int wireType) {
    varint((long) number << 3 | wireType);
  }

  void bytes(int number, byte[] value) {
    need(value.length);
    at -= value.length;
    System.arraycopy(value, 0, data, at, value.length);
    varint(value.length);
    tag(number, Wire.BYTES);
  }

  void text(int number, String value) {
    bytes(number, value.getBytes(StandardCharsets.UTF_8));
  }

  void integer(int number, long value) {
    varint(value);
    tag(number, Wire.VARINT);
  }

  void fixed64(int number, double value) {
    long bits = Double.doubleToRawLongBits(value);
    need(8);
    for (int i = 7; i >= 0; i--) {
      data[--at] = (byte) (bits >>> (8 * i));
    }
    tag(number, Wire.FIXED64);
  }

  /** Ends a message that was begun when {@link #size} was {@code before}. */
  void message(int number, int before) {
    varint(size() - (long) before);
    tag(number, Wire.BYTES);
  }

  void raw(byte[] value) {
    need(value.length);
    at -= value.length;
    System.arraycopy(value, 0, data, at, value.length);
  }

  byte[] toArray() {
    return Arrays.copyOfRange(data, at, data.length);
  }
}
