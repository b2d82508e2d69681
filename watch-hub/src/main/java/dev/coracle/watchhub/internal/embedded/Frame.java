package dev.coracle.watchhub.internal.embedded;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One entry of a log file: {@code magic(4) length(4) crc(4) group(8) kind(1) body}. The length
 * counts from the group on, the checksum (CRC-32C) covers the same bytes. Big-endian.
 *
 * <p>The group number tells a torn tail from damage: group n+1 is only begun once group n is
 * durable, so a bad frame that is followed by a good one of a later group was acknowledged once.
 *
 * @param offset of the body's first byte in the file
 */
record Frame(long group, Kind kind, ByteBuffer body, long offset) {

  static final int MAGIC = 0xC0AC1E01;
  static final int HEADER = 12;
  static final int OVERHEAD = HEADER + 9;

  /** What a frame says. The ordinal stands in the file: only append. */
  enum Kind {
    /** {@code revision(8) count(4)} and the changes. */
    COMMIT,
    /** {@code id(8) ttlSeconds(8)}. */
    LEASE,
    /** {@code id(8)}. */
    LEASE_END,
    /** {@code revision(8)}. */
    COMPACT,
    /** The last frame of a closed log file: {@code lastRevision(8)}. */
    END;

    private static final Kind[] ALL = values();

    static Kind of(int ordinal) {
      return ALL[ordinal];
    }
  }

  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
