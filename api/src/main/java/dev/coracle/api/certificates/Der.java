package dev.coracle.api.certificates;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes elements of DER (ITU-T X.690). */
public final class Der {

  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("uuMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter GENERALIZED_TIME =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  /** RFC 5280, 4.1.2.5: two digits of a year until 2049. */
  private static final Instant TWO_DIGITS_END = Instant.parse("2050-01-01T00:00:00Z");

  private Der() {}

  /** One element with this tag. */
  public static byte[] element(int tag, byte[]... content) {
    int length = 0;
    for (byte[] part : content) {
      length += part.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 6);
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = (39 - Integer.numberOfLeadingZeros(length)) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >>> (8 * i));
      }
    }
    for (byte[] part : content) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  public static byte[] sequence(byte[]... content) {
    return element(DerReader.SEQUENCE, content);
  }

  public static byte[] set(byte[]... content) {
    return element(DerReader.SET, content);
  }

  public static byte[] integer(BigInteger value) {
    return element(DerReader.INTEGER, value.toByteArray());
  }

  public static byte[] truth() {
    return element(0x01, new byte[] {(byte) 0xff});
  }

  public static byte[] octets(byte[] value) {
    return element(DerReader.OCTET_STRING, value);
  }

  /** Whole bytes. */
  public static byte[] bits(byte[] value) {
    return element(DerReader.BIT_STRING, new byte[1], value);
  }

  /**
   * Named bits (X.680, 22.7): without zeros at the end.
   *
   * @param mask the first bit is the highest of 16
   */
  public static byte[] namedBits(int mask) {
    int unused = Math.min(15, Integer.numberOfTrailingZeros(mask | 0x10000));
    byte high = (byte) (mask >>> 8);
    byte low = (byte) mask;
    return unused >= 8
        ? element(DerReader.BIT_STRING, new byte[] {(byte) (unused - 8), high})
        : element(DerReader.BIT_STRING, new byte[] {(byte) unused, high, low});
  }

  public static byte[] text(String value) {
    return element(0x0c, value.getBytes(StandardCharsets.UTF_8));
  }

  public static byte[] time(Instant instant) {
    return instant.isBefore(TWO_DIGITS_END)
        ? element(0x17, UTC_TIME.format(instant).getBytes(StandardCharsets.US_ASCII))
        : element(0x18, GENERALIZED_TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
  }

  /** A dotted object identifier. */
  public static byte[] objectId(String dotted) {
    String[] parts = dotted.split("\\.");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    base128(out, Long.parseLong(parts[0]) * 40 + Long.parseLong(parts[1]));
    for (int i = 2; i < parts.length; i++) {
      base128(out, Long.parseLong(parts[i]));
    }
    return element(DerReader.OBJECT_ID, out.toByteArray());
  }

  private static void base128(ByteArrayOutputStream out, long value) {
    for (int shift = 56; shift > 0; shift -= 7) {
      if (value >>> shift != 0) {
        out.write((int) (value >>> shift & 0x7f | 0x80));
      }
    }
    out.write((int) (value & 0x7f));
  }
}
