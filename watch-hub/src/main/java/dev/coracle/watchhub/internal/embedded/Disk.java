package dev.coracle.watchhub.internal.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The writing side of the file system, as small as it can be: what the fault tests put themselves
 * in the place of.
 */
interface Disk {

  /** New files are their owner's alone, where the file system can say so: Secrets are in them. */
  FileAttribute<?>[] OWNER_ONLY =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
          ? new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
          }
          : new FileAttribute<?>[0];

  /** Opens for writing; {@code fresh}: the file must not exist yet. */
  Appender open(Path file, boolean fresh) throws IOException;

  /** Makes the names in a directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /** One file open for writing. The writer's alone. */
  interface Appender extends AutoCloseable {

    /** Writes all of it. */
    void write(ByteBuffer bytes, long offset) throws IOException;

    /** Makes what was written durable; {@code metadata} also the file's size. */
    void sync(boolean metadata) throws IOException;

    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** The real one. */
  static Disk real(boolean durable) {
    return new Disk() {
      @Override
      public Appender open(Path file, boolean fresh) throws IOException {
        FileChannel channel =
            fresh
                ? FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    OWNER_ONLY)
                : FileChannel.open(file, StandardOpenOption.WRITE);
        return new ChannelAppender(channel, durable);
      }

      @Override
      public void syncDirectory(Path directory) throws IOException {
        if (durable) {
          try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
          }
        }
      }
    };
  }

  /** Writes by a file channel. */
  record ChannelAppender(FileChannel channel, boolean durable) implements Appender {
    @Override
    public void write(ByteBuffer bytes, long offset) throws IOException {
      long at = offset;
      while (bytes.hasRemaining()) {
        at += channel.write(bytes, at);
      }
    }

    @Override
    public void sync(boolean metadata) throws IOException {
      if (durable) {
        channel.force(metadata);
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
