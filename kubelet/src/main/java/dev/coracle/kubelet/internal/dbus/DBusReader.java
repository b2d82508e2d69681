package dev.coracle.kubelet.internal.dbus;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Unmarshals values. Every length is checked against what is there; what does not hold is an {@link
 * IOException}.
 */
public final class DBusReader {
  private final ByteBuffer in;

  DBusReader(byte[] bytes, ByteOrder order) {
    this.in = ByteBuffer.wrap(bytes).order(order);
  }

  boolean hasMore() {
    return in.hasRemaining();
  }

  public int position() {
    return in.position();
  }

  /** A struct is aligned to 8. */
  public DBusReader align(int size) throws IOException {
    int skip = (size - in.position() % size) % size;
    if (skip > in.remaining()) {
      throw new IOException("a D-Bus message ends early");
    }
    in.position(in.position() + skip);
    return this;
  }

  public int octet() throws IOException {
    try {
      return in.get() & 0xff;
    } catch (BufferUnderflowException e) {
      throw new IOException("a D-Bus message ends early", e);
    }
  }

  public int int32() throws IOException {
    align(4);
    try {
      return in.getInt();
    } catch (BufferUnderflowException e) {
      throw new IOException("a D-Bus message ends early", e);
    }
  }

  public long int64() throws IOException {
    align(8);
    try {
      return in.getLong();
    } catch (BufferUnderflowException e) {
      throw new IOException("a D-Bus message ends early", e);
    }
  }

  public boolean truth() throws IOException {
    return int32() != 0;
  }

  /** A string or an object path. */
  public String string() throws IOException {
    return text(int32());
  }

  public String signature() throws IOException {
    return text(octet());
  }

  private String text(int length) throws IOException {
    if (length < 0 || length >= in.remaining()) {
      throw new IOException("a D-Bus message ends early");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    in.get();
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
