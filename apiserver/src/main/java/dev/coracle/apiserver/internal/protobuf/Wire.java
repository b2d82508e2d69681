package dev.coracle.apiserver.internal.protobuf;

import dev.coracle.api.StatusException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads protobuf's wire format from a part of an array. Every fault is {@code BadRequest}. */
final class Wire {

  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private final byte[] data;
  private final int end;
  private int at;

  Wire(byte[] data, int from, int end) {
    this.data = data;
    this.at = from;
    this.end = end;
  }

  boolean more() {
    return at < end;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at >= end) {
        throw fault();
      }
      byte b = data[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw fault();
  }

  /** A part of this message, by its length. */
  Wire part() {
    int length = length();
    Wire part = new Wire(data, at, at + length);
    at += length;
    return part;
  }

  private int length() {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw fault();
    }
    return (int) length;
  }

  String text() {
    int length = length();
    String text = new String(data, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  byte[] bytes() {
    int length = length();
    byte[] bytes = Arrays.copyOfRange(data, at, at + length);
    at += length;
    return bytes;
  }

  double fixed64() {
    if (end - at < 8) {
      throw fault();
    }
    long bits = 0;
    for (int i = 0; i < 8; i++) {
      bits |= (data[at++] & 255L) << (8 * i);
    }
    return Double.longBitsToDouble(bits);
  }

  void skip(int wireType) {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> fixed64();
      case BYTES -> {
        int length = length();
        at += length;
      }
      case FIXED32 -> {
        if (end - at < 4) {
          throw fault();
        }
        at += 4;
      }
      default -> throw fault();
    }
  }

  static StatusException fault() {
    return StatusException.badRequest("the body is not a valid protobuf message");
  }
}
