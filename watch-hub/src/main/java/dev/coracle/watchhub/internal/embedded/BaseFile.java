package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.zip.CRC32C;

/**
 * All current keys and values at one revision in one file: what old log files are replaced by, and
 * what a snapshot is. Header, values one after the other, then the index of keys, then a footer:
 *
 * <pre>
 * header  magic(8) format(4) revision(8) crc(4)
 * value   bytes
 * index   per key: key, create(8) mod(8) version(8) lease(8) offset(8) length(4) crc(4);
 *         then per lease: id(8) ttlSeconds(8)
 * footer  indexOffset(8) keys(8) leases(8) indexCrc(4) magic(8)
 * </pre>
 *
 * <p>Opening reads the index alone, so it takes no longer when values are large.
 */
final class BaseFile {

  static final long MAGIC = 0x434F524143424153L; // CORACBAS
  static final int FORMAT = 1;
  static final int HEADER = 24;
  static final int FOOTER = 36;

  private BaseFile() {}

  static Path path(Path directory, long revision) {
    return directory.resolve(String.format("base-%016d", revision));
  }

  /** What is found in the index. */
  interface Sink {
    void key(
        String key,
        long create,
        long mod,
        long version,
        long lease,
        long offset,
        int length,
        int crc);

    void lease(long id, long ttlSeconds);
  }

  /** Where a value went. */
  interface Placed {
    void at(KeyHistory history, long modRevision, long offset);
  }

  /** A lease as it is written down. */
  record LeaseEntry(long id, long ttlSeconds) {}

  /** Writes what is live at {@code revision}. Blocks; the file is durable when it returns. */
  static void write(
      Disk disk,
      Path path,
      Index index,
      long revision,
      Collection<LeaseEntry> leases,
      Placed placed)
      throws IOException {
    try (Disk.Appender out = disk.open(path, true)) {
      Output values = new Output(out, 0);
      values.putLong(MAGIC).putInt(FORMAT).putLong(revision);
      values.putInt(headerCrc(revision));
      Growing entries = new Growing();
      long keys = 0;
      for (KeyHistory history : index.keys.values()) {
        Version v = history.at(revision);
        if (v == null) {
          continue;
        }
        byte[] value = Values.read(history, v, index).value();
        long offset = values.position();
        values.put(value);
        placed.at(history, v.modRevision, offset);
        entries.text(history.key).number(v.createRevision).number(v.modRevision);
        entries.number(v.version).number(v.lease).number(offset).small(value.length);
        entries.small(Frame.checksum(ByteBuffer.wrap(value)));
        keys++;
      }
      for (LeaseEntry lease : leases) {
        entries.number(lease.id()).number(lease.ttlSeconds());
      }
      long indexOffset = values.position();
      ByteBuffer bytes = entries.flip();
      int crc = Frame.checksum(bytes.duplicate());
      values.put(bytes);
      values.putLong(indexOffset).putLong(keys).putLong(leases.size()).putInt(crc).putLong(MAGIC);
      values.flush();
      out.sync(true);
    }
  }

  /**
   * Reads the index and gives the revision.
   *
   * @throws StorageException.Corrupt the file is damaged, foreign, or newer
   */
  static long read(DataFile file, Sink sink) throws IOException {
    long size = file.size();
    if (size < HEADER + FOOTER) {
      throw new StorageException.Corrupt(file.path + " is too short to be a base or snapshot file");
    }
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    file.readFully(header, 0);
    header.flip();
    if (header.getLong() != MAGIC) {
      throw new StorageException.Corrupt(file.path + " is not one of Coracle's snapshot files");
    }
    int format = header.getInt();
    if (format > FORMAT) {
      throw new StorageException.Corrupt(
          file.path + " has the newer format " + format + "; this version reads up to " + FORMAT);
    }
    long revision = header.getLong();
    ByteBuffer footer = ByteBuffer.allocate(FOOTER);
    file.readFully(footer, size - FOOTER);
    footer.flip();
    long indexOffset = footer.getLong();
    long keys = footer.getLong();
    long leases = footer.getLong();
    int crc = footer.getInt();
    if (footer.getLong() != MAGIC
        || header.getInt() != headerCrc(revision)
        || indexOffset < HEADER
        || indexOffset > size - FOOTER
        || size - FOOTER - indexOffset > Integer.MAX_VALUE) {
      throw new StorageException.Corrupt(file.path + " is damaged or was not written to its end");
    }
    ByteBuffer index = ByteBuffer.allocate((int) (size - FOOTER - indexOffset));
    file.readFully(index, indexOffset);
    index.flip();
    if (Frame.checksum(index.duplicate()) != crc) {
      throw new StorageException.Corrupt(file.path + " has a damaged index");
    }
    for (long i = 0; i < keys; i++) {
      byte[] key = new byte[index.getInt()];
      index.get(key);
      sink.key(
          new String(key, StandardCharsets.UTF_8),
          index.getLong(),
          index.getLong(),
          index.getLong(),
          index.getLong(),
          index.getLong(),
          index.getInt(),
          index.getInt());
    }
    for (long i = 0; i < leases; i++) {
      sink.lease(index.getLong(), index.getLong());
    }
    return revision;
  }

  /** The header of a base file of this revision, for a copy that begins at another one. */
  static ByteBuffer header(long revision) {
    return ByteBuffer.allocate(HEADER)
        .putLong(MAGIC)
        .putInt(FORMAT)
        .putLong(revision)
        .putInt(headerCrc(revision))
        .flip();
  }

  private static int headerCrc(long revision) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putLong(revision).flip());
    return (int) crc.getValue();
  }

  /** Buffers what is written one after the other. */
  private static final class Output {
    private final Disk.Appender out;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    private long flushed;

    Output(Disk.Appender out, long at) {
      this.out = out;
      this.flushed = at;
    }

    long position() {
      return flushed + buffer.position();
    }

    Output putLong(long value) throws IOException {
      room(8);
      buffer.putLong(value);
      return this;
    }

    Output putInt(int value) throws IOException {
      room(4);
      buffer.putInt(value);
      return this;
    }

    void put(byte[] bytes) throws IOException {
      put(ByteBuffer.wrap(bytes));
    }

    void put(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        room(1);
        int n = Math.min(bytes.remaining(), buffer.remaining());
        buffer.put(bytes.slice(bytes.position(), n));
        bytes.position(bytes.position() + n);
      }
    }

    private void room(int bytes) throws IOException {
      if (buffer.remaining() < bytes) {
        flush();
      }
    }

    void flush() throws IOException {
      buffer.flip();
      int n = buffer.remaining();
      out.write(buffer, flushed);
      flushed += n;
      buffer.clear();
    }
  }

  /** The index, collected in memory. */
  private static final class Growing {
    private ByteBuffer buffer = ByteBuffer.allocate(1 << 16);

    Growing text(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      small(bytes.length);
      room(bytes.length);
      buffer.put(bytes);
      return this;
    }

    Growing number(long value) {
      room(8);
      buffer.putLong(value);
      return this;
    }

    Growing small(int value) {
      room(4);
      buffer.putInt(value);
      return this;
    }

    private void room(int bytes) {
      if (buffer.remaining() < bytes) {
        int wanted = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
        buffer = ByteBuffer.allocate(wanted).put(buffer.flip());
      }
    }

    ByteBuffer flip() {
      return buffer.flip();
    }
  }
}
