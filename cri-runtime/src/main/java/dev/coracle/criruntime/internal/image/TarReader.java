package dev.coracle.criruntime.internal.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive forward: ustar, GNU long names, base-256 numbers and pax headers. Sparse
 * files are refused. Not thread-safe; closing it is the caller's work on the stream below.
 */
public final class TarReader {
  private static final int BLOCK = 512;
  private static final int MAX_HEADER_TEXT = 1 << 20;

  /** Some 30,000 years around 1970: what every file system's times can be asked for. */
  private static final long MOST_SECONDS = 1L << 40;

  /**
   * An entry. {@code type} is tar's own: {@code 0} file, {@code 1} hard link, {@code 2} symlink,
   * {@code 3} and {@code 4} devices, {@code 5} directory, {@code 6} FIFO.
   */
  public record Entry(
      String name,
      char type,
      String link,
      long size,
      int mode,
      int uid,
      int gid,
      long modifiedSeconds,
      int major,
      int minor) {}

  private final InputStream in;
  private final byte[] header = new byte[BLOCK];
  private long left;
  private long padding;
  private long headerBytes;

  public TarReader(InputStream in) {
    this.in = in;
  }

  /** The next entry, or null at the end. What is left of the current entry's content is skipped. */
  public @Nullable Entry next() throws IOException {
    Map<String, String> pax = new HashMap<>();
    headerBytes = 0;
    while (true) {
      if (!skip(left)) {
        throw new EOFException("truncated tar entry");
      }
      // Some writers neither pad the last entry nor end the archive (umoci's insert); its content
      // is whole, and other readers take it.
      if (!skip(padding)) {
        return null;
      }
      left = 0;
      padding = 0;
      int n = in.readNBytes(header, 0, BLOCK);
      if (n == 0) {
        return null;
      }
      if (n < BLOCK) {
        throw new EOFException("truncated tar header");
      }
      if (isZero(header)) {
        return null;
      }
      verifyChecksum();
      long size = number(124, 12);
      char type = (char) header[156];
      if (size < 0) {
        throw new IOException("tar entry of negative size");
      }
      left = size;
      padding = (BLOCK - size % BLOCK) % BLOCK;
      switch (type) {
        case 'L' -> pax.put("path", stripNul(headerText(size)));
        case 'K' -> pax.put("linkpath", stripNul(headerText(size)));
        case 'x' -> readPax(headerText(size), pax);
        case 'g' -> headerText(size);
        case 'S' -> throw new IOException("sparse tar entries are not supported");
        default -> {
          return entry(type, size, pax);
        }
      }
    }
  }

  // By reading, because a stream that digests what it passes on does not see what is skipped.
  private boolean skip(long count) throws IOException {
    byte[] waste = new byte[(int) Math.min(count, 64 * 1024)];
    for (long rest = count; rest > 0; ) {
      int n = in.read(waste, 0, (int) Math.min(rest, waste.length));
      if (n < 0) {
        return false;
      }
      rest -= n;
    }
    return true;
  }

  private Entry entry(char type, long headerSize, Map<String, String> pax) throws IOException {
    String name = pax.getOrDefault("path", ustarName());
    long size = number(pax, "size", headerSize);
    if (size < 0) {
      throw new IOException("tar entry of negative size");
    }
    char kind = type == 0 || type == '7' ? '0' : type;
    if (kind == '0' && name.endsWith("/")) {
      kind = '5';
    }
    // Links and directories have no content, whatever their size field says.
    left = kind == '0' ? size : kind == '1' || kind == '2' || kind == '5' ? 0 : headerSize;
    padding = (BLOCK - left % BLOCK) % BLOCK;
    String modified = pax.get("mtime");
    return new Entry(
        name,
        kind,
        pax.getOrDefault("linkpath", text(157, 100)),
        left,
        (int) (number(100, 8) & 07777),
        (int) number(pax, "uid", number(108, 8)),
        (int) number(pax, "gid", number(116, 8)),
        Math.clamp(
            modified == null ? number(136, 12) : seconds(modified), -MOST_SECONDS, MOST_SECONDS),
        (int) number(329, 8),
        (int) number(337, 8));
  }

  private static long number(Map<String, String> pax, String key, long otherwise)
      throws IOException {
    String text = pax.get(key);
    try {
      return text == null ? otherwise : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException("malformed pax header", e);
    }
  }

  private static long seconds(String text) throws IOException {
    try {
      return (long) Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IOException("malformed pax header", e);
    }
  }

  /** The content of the current entry; valid until {@link #next}. */
  public InputStream content() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
          return -1;
        }
        int n = in.read(buffer, offset, (int) Math.min(length, left));
        if (n < 0) {
          throw new EOFException("truncated tar entry");
        }
        left -= n;
        return n;
      }
    };
  }

  private String headerText(long size) throws IOException {
    headerBytes += Math.min(size, MAX_HEADER_TEXT + 1);
    if (headerBytes > MAX_HEADER_TEXT) {
      throw new IOException("tar headers of more than " + MAX_HEADER_TEXT + " bytes");
    }
    byte[] bytes = in.readNBytes((int) size);
    if (bytes.length < size) {
      throw new EOFException("truncated tar header");
    }
    left = 0;
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void readPax(String text, Map<String, String> into) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    while (at < bytes.length && bytes[at] != 0) {
      int space = at;
      while (space < bytes.length && bytes[space] != ' ') {
        space++;
      }
      int length;
      try {
        length = Integer.parseInt(new String(bytes, at, space - at, StandardCharsets.US_ASCII));
      } catch (NumberFormatException e) {
        throw new IOException("malformed pax header", e);
      }
      if (length <= space - at + 1 || length > bytes.length - at) {
        throw new IOException("malformed pax header");
      }
      String record = new String(bytes, space + 1, at + length - space - 2, StandardCharsets.UTF_8);
      int equals = record.indexOf('=');
      if (equals > 0) {
        into.put(record.substring(0, equals), record.substring(equals + 1));
      }
      at += length;
    }
  }

  private String ustarName() {
    String name = text(0, 100);
    boolean ustar = text(257, 5).equals("ustar");
    String prefix = ustar && header[263] != ' ' ? text(345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private String text(int offset, int length) {
    int end = offset;
    while (end < offset + length && header[end] != 0) {
      end++;
    }
    return new String(header, offset, end - offset, StandardCharsets.UTF_8);
  }

  private long number(int offset, int length) throws IOException {
    if ((header[offset] & 0x80) != 0) {
      long value = header[offset] & 0x7f;
      for (int i = 1; i < length; i++) {
        value = (value << 8) | (header[offset + i] & 0xff);
      }
      return value;
    }
    String digits = text(offset, length).strip();
    try {
      return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    } catch (NumberFormatException e) {
      throw new IOException("malformed tar header", e);
    }
  }

  private void verifyChecksum() throws IOException {
    long expected = number(148, 8);
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
    }
    if (sum != expected) {
      throw new IOException("not a tar archive (header checksum)");
    }
  }

  private static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static String stripNul(String text) {
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }
}
