package dev.coracle.criruntime.internal.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a Zstandard stream (RFC 8878) without the skippable ones, which the decoder does
 * not know. Images in the form zstd:chunked have their table of contents in such frames.
 */
final class ZstdFrames extends InputStream {
  private static final int MAGIC = 0xFD2FB528;
  private static final int SKIPPABLE = 0x184D2A50;
  private static final int[] DICTIONARY_BYTES = {0, 1, 2, 4};

  /** Of a frame that is one segment, which the decoder keeps whole. */
  private static final long LONGEST_SEGMENT = 32 << 20;

  private static final int RLE = 1;
  private static final int RESERVED = 3;

  private final InputStream in;

  /** A header that is still to be given on from {@code given}, and after it so many bytes. */
  private byte[] head = {};

  private int given;
  private long body;

  private boolean inFrame;
  private boolean checksum;

  ZstdFrames(InputStream in) {
    this.in = in;
  }

  /** Whether these are the first four bytes of such a stream. */
  static boolean begins(byte[] magic) {
    int number = magic.length < 4 ? 0 : (int) littleEndian(magic);
    return number == MAGIC || (number & ~0xf) == SKIPPABLE;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (given == head.length && body == 0) {
      byte[] next = inFrame ? block() : frame();
      if (next == null) {
        return -1;
      }
      head = next;
      given = 0;
    }
    if (given < head.length) {
      int n = Math.min(length, head.length - given);
      System.arraycopy(head, given, buffer, offset, n);
      given += n;
      return n;
    }
    int n = in.read(buffer, offset, (int) Math.min(length, body));
    if (n < 0) {
      throw cutOff();
    }
    body -= n;
    return n;
  }

  /** The header of the next frame that has content, null at the end. */
  private byte @Nullable [] frame() throws IOException {
    while (true) {
      byte[] magic = in.readNBytes(4);
      if (magic.length == 0) {
        return null;
      }
      int number = magic.length < 4 ? 0 : (int) littleEndian(magic);
      if ((number & ~0xf) == SKIPPABLE) {
        in.skipNBytes(littleEndian(exactly(4)));
      } else if (number == MAGIC) {
        int descriptor = exactly(1)[0];
        boolean single = (descriptor & 0x20) != 0;
        int sizeFlag = descriptor >> 6 & 3;
        int size = sizeFlag == 0 ? (single ? 1 : 0) : 1 << sizeFlag;
        inFrame = true;
        checksum = (descriptor & 4) != 0;
        byte[] rest = exactly((single ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3] + size);
        if (single) {
          segment(littleEndian(Arrays.copyOfRange(rest, rest.length - size, rest.length)));
        }
        byte[] header = new byte[5 + rest.length];
        System.arraycopy(magic, 0, header, 0, 4);
        header[4] = (byte) descriptor;
        System.arraycopy(rest, 0, header, 5, rest.length);
        return header;
      } else {
        throw new IOException("not a zstd stream: a frame does not begin with the magic number");
      }
    }
  }

  private static void segment(long length) throws IOException {
    if (length < 0 || length > LONGEST_SEGMENT) {
      throw new IOException(
          "a zstd frame of one segment is longer than %d bytes: compress in windows of 8 MiB or less"
              .formatted(LONGEST_SEGMENT));
    }
  }

  private byte[] block() throws IOException {
    byte[] header = exactly(3);
    int fields = (int) littleEndian(header);
    int type = fields >> 1 & 3;
    if (type == RESERVED) {
      throw new IOException("not a zstd stream: a block of a type that is reserved");
    }
    body = type == RLE ? 1 : fields >> 3;
    if ((fields & 1) != 0) {
      inFrame = false;
      body += checksum ? 4 : 0;
    }
    return header;
  }

  private byte[] exactly(int n) throws IOException {
    byte[] bytes = in.readNBytes(n);
    if (bytes.length < n) {
      throw cutOff();
    }
    return bytes;
  }

  private static EOFException cutOff() {
    return new EOFException("the zstd stream is cut off");
  }

  private static long littleEndian(byte[] bytes) {
    long number = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      number = number << 8 | bytes[i] & 0xff;
    }
    return number;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
