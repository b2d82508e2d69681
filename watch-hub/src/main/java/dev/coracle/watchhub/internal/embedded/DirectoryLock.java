package dev.coracle.watchhub.internal.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One process at a time: a locked file that says whose the directory is. The lock dies with the
 * process.
 */
final class DirectoryLock implements AutoCloseable {

  static final String NAME = "LOCK";

  /**
   * The directories locked by this very process. It must be known before the file is touched: a
   * process that closes any descriptor of a file loses all its POSIX locks on it.
   */
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  /** Somebody has the directory. */
  static final class InUse extends IOException {
    private static final long serialVersionUID = 1L;

    InUse(String message) {
      super(message);
    }
  }

  private final FileChannel channel;
  private final Path directory;

  private DirectoryLock(FileChannel channel, Path directory) {
    this.channel = channel;
    this.directory = directory;
  }

  /**
   * @throws InUse a process has it
   */
  static DirectoryLock take(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path real = directory.toRealPath();
    if (!OURS.add(real)) {
      throw inUse(directory, ProcessHandle.current().pid() + " (this one)");
    }
    try {
      return lock(directory, real);
    } catch (IOException | RuntimeException e) {
      OURS.remove(real);
      throw e;
    }
  }

  private static DirectoryLock lock(Path directory, Path real) throws IOException {
    Path path = directory.resolve(NAME);
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        String owner = Files.readString(path).strip();
        throw inUse(directory, owner.isEmpty() ? "(unknown)" : owner);
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
      return new DirectoryLock(channel, real);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static InUse inUse(Path directory, String process) {
    return new InUse("data directory " + directory + " is in use by process " + process);
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      OURS.remove(directory);
    }
  }
}
