package dev.coracle.kubelet.internal.dbus;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Marshals values, little endian, each aligned from the start of what is written. */
public final class DBusWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public DBusWriter align(int size) {
    while (out.size() % size != 0) {
      out.write(0);
    }
    return this;
  }

  public DBusWriter octet(int value) {
    out.write(value);
    return this;
  }

  public DBusWriter int32(int value) {
    align(4);
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >>> shift);
    }
    return this;
  }

  /** A string or an object path. */
  public DBusWriter string(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    int32(bytes.length);
    out.writeBytes(bytes);
    out.write(0);
    return this;
  }

  public DBusWriter signature(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    out.write(bytes.length);
    out.writeBytes(bytes);
    out.write(0);
    return this;
  }

  DBusWriter raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  public byte[] bytes() {
    return out.toByteArray();
  }
}
