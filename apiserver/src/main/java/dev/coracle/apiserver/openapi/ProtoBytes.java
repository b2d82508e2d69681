package dev.coracle.apiserver.openapi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes protobuf's wire format: just what {@link GnosticEncoder} needs of it. */
final class ProtoBytes {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  byte[] bytes() {
    return out.toByteArray();
  }

  boolean isEmpty() {
    return out.size() == 0;
  }

  /** Left out when empty, as proto3 does. */
  void text(int field, String value) {
    if (!value.isEmpty()) {
      block(field, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  void flag(int field, boolean value) {
    if (value) {
      varint((long) field << 3);
      varint(1);
    }
  }

  void number(int field, long value) {
    if (value != 0) {
      varint((long) field << 3);
      varint(value);
    }
  }

  void message(int field, ProtoBytes value) {
    block(field, value.bytes());
  }

  private void block(int field, byte[] value) {
    varint((long) field << 3 | 2);
    varint(value.length);
    out.writeBytes(value);
  }

  private void varint(long value) {
    long v = value;
    while ((v & ~0x7fL) != 0) {
      out.write((int) (v & 0x7f | 0x80));
      v >>>= 7;
    }
    out.write((int) v);
  }
}
