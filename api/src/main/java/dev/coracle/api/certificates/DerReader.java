package dev.coracle.api.certificates;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads DER (ITU-T X.690) element by element. Every length is checked against what is there, so no
 * input makes it read or allocate more than its own size.
 */
final class DerReader {

  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_ID = 0x06;

  private final byte[] bytes;
  private final int end;
  private int at;
  private int length;

  DerReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private DerReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  boolean hasMore() {
    return at < end;
  }

  /** The tag of the next element, -1 at the end. */
  int peek() {
    return at < end ? bytes[at] & 0xff : -1;
  }

  /** Steps into the next element, which must have this tag. */
  DerReader enter(int tag) {
    if (peek() != tag) {
      throw malformed("unexpected tag");
    }
    return next();
  }

  /** Steps into the next element whatever it is. */
  DerReader next() {
    int start = content();
    int length = this.length;
    at = start + length;
    return new DerReader(bytes, start, start + length);
  }

  /** The next element with its tag and length. */
  byte[] whole() {
    int from = at;
    next();
    return Arrays.copyOfRange(bytes, from, at);
  }

  /** What is left. */
  byte[] rest() {
    return Arrays.copyOfRange(bytes, at, end);
  }

  String text() {
    return new String(bytes, at, end - at, StandardCharsets.UTF_8);
  }

  /** The content of a BIT STRING of whole bytes. */
  byte[] bits() {
    if (at >= end || bytes[at] != 0) {
      throw malformed("bit string");
    }
    return Arrays.copyOfRange(bytes, at + 1, end);
  }

  /** The object identifier that this reader has stepped into, dotted. */
  String objectId() {
    if (at >= end) {
      throw malformed("empty object identifier");
    }
    StringBuilder out = new StringBuilder();
    long value = 0;
    boolean first = true;
    for (int i = at; i < end; i++) {
      if (value > Long.MAX_VALUE >> 8) {
        throw malformed("object identifier");
      }
      value = value << 7 | bytes[i] & 0x7f;
      if ((bytes[i] & 0x80) != 0) {
        continue;
      }
      if (first) {
        long root = Math.min(2, value / 40);
        out.append(root).append('.').append(value - root * 40);
        first = false;
      } else {
        out.append('.').append(value);
      }
      value = 0;
    }
    return out.toString();
  }

  /** Reads tag and length; gives where the content begins. */
  private int content() {
    if (end - at < 2) {
      throw malformed("truncated");
    }
    int i = at + 1;
    int first = bytes[i++] & 0xff;
    if (first < 0x80) {
      length = first;
    } else {
      int count = first & 0x7f;
      if (count == 0 || count > 4 || end - i < count) {
        throw malformed("length");
      }
      long value = 0;
      for (int k = 0; k < count; k++) {
        value = value << 8 | bytes[i++] & 0xff;
      }
      length = (int) Math.min(value, Integer.MAX_VALUE);
    }
    if (length > end - i) {
      throw malformed("truncated");
    }
    return i;
  }

  static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("asn1: structure error: " + what);
  }

  /** An IP address of four or sixteen bytes as text. */
  String address() {
    byte[] raw = rest();
    try {
      return InetAddress.getByAddress(raw).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("x509: cannot parse IP address of length " + raw.length);
    }
  }
}
