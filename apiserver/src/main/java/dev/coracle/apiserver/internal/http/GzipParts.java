package dev.coracle.apiserver.internal.http;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * One gzip stream (RFC 1952) out of parts that were compressed alone and may be kept: each is
 * blocks of deflate (RFC 1951) that end at a byte, and knows its length and checksum, of which
 * those of the whole are made. Belongs to one event loop.
 */
final class GzipParts {

  /** Deflate, no flags, no time, an unknown system. */
  private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  /** A last block, with nothing in it. */
  private static final byte[] LAST = {3, 0};

  /** What stands before a part's blocks: its checksum, its length, and by what it moves others. */
  private static final int FACTS = 12;

  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
  private int checksum;
  private long length;

  void begin(Piece piece) {
    piece.put(HEAD);
  }

  /**
   * Compresses a part.
   *
   * @return to be given to {@link #put}, by any instance
   */
  byte[] part(byte[] plain) {
    CRC32 crc = new CRC32();
    crc.update(plain);
    byte[] out = new byte[FACTS + 64 + plain.length / 3];
    ByteBuffer.wrap(out)
        .putInt((int) crc.getValue())
        .putInt(plain.length)
        .putInt(Crc.shift(plain.length));
    deflater.reset();
    deflater.setInput(plain);
    int at = FACTS;
    while (true) {
      at += deflater.deflate(out, at, out.length - at, Deflater.SYNC_FLUSH);
      if (at < out.length) {
        return Arrays.copyOf(out, at);
      }
      out = Arrays.copyOf(out, 2 * out.length);
    }
  }

  void put(Piece piece, byte[] part) {
    ByteBuffer facts = ByteBuffer.wrap(part);
    piece.put(part, FACTS);
    checksum = Crc.product(facts.getInt(8), checksum) ^ facts.getInt(0);
    length += facts.getInt(4);
  }

  /** Ends the stream; the instance is of no more use. */
  void end(Piece piece) {
    piece.put(LAST);
    piece.put(
        ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(checksum)
            .putInt((int) length)
            .array());
    deflater.end();
  }

  /**
   * CRC-32 of two texts behind one another, from those of each: polynomials over GF(2), the highest
   * bit for the power of zero, modulo gzip's.
   */
  private static final class Crc {

    private static final int POLYNOMIAL = 0xedb88320;
    private static final int ONE = 1 << 31;

    /** x to the power of 2 to the power of the index. */
    private static final int[] POWERS = new int[32];

    static {
      POWERS[0] = ONE >>> 1;
      for (int i = 1; i < POWERS.length; i++) {
        POWERS[i] = product(POWERS[i - 1], POWERS[i - 1]);
      }
    }

    private Crc() {}

    /**
     * @param a not zero
     */
    static int product(int a, int b) {
      int out = 0;
      int left = a;
      int moved = b;
      while (true) {
        if (left < 0) {
          out ^= moved;
        }
        left <<= 1;
        if (left == 0) {
          return out;
        }
        moved = (moved >>> 1) ^ ((moved & 1) == 0 ? 0 : POLYNOMIAL);
      }
    }

    /** By what a checksum is multiplied when so many bytes follow. */
    static int shift(int bytes) {
      int out = ONE;
      int power = 3; // A byte is eight bits.
      for (int left = bytes; left != 0; left >>>= 1) {
        if ((left & 1) != 0) {
          out = product(POWERS[power], out);
        }
        power++;
      }
      return out;
    }
  }
}
