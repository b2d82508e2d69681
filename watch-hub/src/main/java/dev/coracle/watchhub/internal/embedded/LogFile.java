package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The log file that is being written. Room is made ahead by writing zeros, so that a group's sync
 * does not have to change the file's size too (a third more groups a second). The writer's alone.
 */
final class LogFile implements AutoCloseable {

  static final int FILE_HEADER = 32;
  static final long FILE_MAGIC = 0x434F5241434C4F47L; // CORACLOG
  static final int FORMAT = 1;

  private static final int AHEAD = 1 << 20;

  final long sequence;
  final DataFile data;
  private final Disk.Appender appender;
  private long end;
  private long allocated;

  private LogFile(long sequence, DataFile data, Disk.Appender appender, long end, long allocated) {
    this.sequence = sequence;
    this.data = data;
    this.appender = appender;
    this.end = end;
    this.allocated = allocated;
  }

  static Path path(Path directory, long sequence) {
    return directory.resolve(String.format("log-%016d", sequence));
  }

  /** A new file whose first revision will be the one after {@code revision}. */
  static LogFile create(Disk disk, Path directory, long sequence, long revision)
      throws IOException {
    Path path = path(directory, sequence);
    Disk.Appender appender = disk.open(path, true);
    try {
      ByteBuffer header = ByteBuffer.allocate(FILE_HEADER);
      header.putLong(FILE_MAGIC).putInt(FORMAT).putLong(sequence).putLong(revision);
      header.putInt(Frame.checksum(header.slice(0, FILE_HEADER - 4)));
      appender.write(header.flip(), 0);
      appender.sync(true);
      disk.syncDirectory(directory);
      DataFile data = new DataFile(path);
      data.lastRevision = revision;
      return new LogFile(sequence, data, appender, FILE_HEADER, FILE_HEADER);
    } catch (IOException | RuntimeException e) {
      appender.close();
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /** Goes on behind the last good frame of an existing file; what lies behind it is cut off. */
  static LogFile resume(Disk disk, DataFile data, long sequence, long end) throws IOException {
    Disk.Appender appender = disk.open(data.path, false);
    try {
      appender.truncate(end);
      appender.sync(true);
      return new LogFile(sequence, data, appender, end, end);
    } catch (IOException e) {
      appender.close();
      throw e;
    }
  }

  /**
   * Checks the header of a log file and gives the revision before its first one.
   *
   * @throws StorageException.Corrupt it is none, or of a newer format
   */
  static long readHeader(DataFile file, long sequence) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(FILE_HEADER);
    if (file.size() < FILE_HEADER) {
      throw new StorageException.Corrupt(file.path + " is too short to be a log file");
    }
    file.readFully(header, 0);
    header.flip();
    if (header.getLong() != FILE_MAGIC) {
      throw new StorageException.Corrupt(file.path + " is not one of Coracle's log files");
    }
    int format = header.getInt();
    if (format > FORMAT) {
      throw new StorageException.Corrupt(
          file.path + " has the newer format " + format + "; this version reads up to " + FORMAT);
    }
    long found = header.getLong();
    long revision = header.getLong();
    if (header.getInt() != Frame.checksum(header.slice(0, FILE_HEADER - 4)) || found != sequence) {
      throw new StorageException.Corrupt(file.path + " has a damaged header");
    }
    return revision;
  }

  /** Where the next group will begin. */
  long end() {
    return end;
  }

  /**
   * Appends a group and makes it durable. When this fails, nothing of it counts: the caller must
   * {@link #cutBack} before it appends again.
   */
  void append(ByteBuffer group) throws IOException {
    int size = group.remaining();
    if (end + size > allocated) {
      long wanted = end + size + AHEAD;
      int zeros = (int) (wanted - allocated);
      appender.write(ByteBuffer.allocateDirect(zeros), allocated);
      allocated = wanted;
      appender.write(group, end);
      appender.sync(true);
    } else {
      appender.write(group, end);
      appender.sync(false);
    }
    end += size;
  }

  /** Removes what a failed append may have left. */
  void cutBack() throws IOException {
    allocated = end;
    appender.truncate(end);
    appender.sync(true);
  }

  /** Gives back the room made ahead. */
  @Override
  public void close() throws IOException {
    try {
      if (allocated > end) {
        appender.truncate(end);
        appender.sync(true);
      }
    } finally {
      appender.close();
    }
  }
}
