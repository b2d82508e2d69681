package dev.coracle.watchhub.internal.embedded;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that values are read from: a log file or a base file. Safe for any number of readers. */
final class DataFile implements AutoCloseable {

  final Path path;

  /** Of a log file, the highest revision in it; kept by the writer. */
  volatile long lastRevision;

  /**
   * The size of a file that is not written any more; the writer's, 0 while it was not asked for.
   */
  long bytes;

  private final FileChannel channel;

  DataFile(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.READ);
  }

  byte[] read(long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    readFully(buffer, offset);
    return buffer.array();
  }

  void readFully(ByteBuffer buffer, long offset) throws IOException {
    long at = offset;
    while (buffer.hasRemaining()) {
      int n = channel.read(buffer, at);
      if (n < 0) {
        throw new EOFException(path + " ends before byte " + (offset + buffer.limit()));
      }
      at += n;
    }
  }

  /** All of it as it is now. */
  MemorySegment map(Arena arena) throws IOException {
    return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
  }

  long size() throws IOException {
    return channel.size();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  void delete() throws IOException {
    Files.deleteIfExists(path);
    close();
  }
}
