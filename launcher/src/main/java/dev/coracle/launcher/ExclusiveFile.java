package dev.coracle.launcher;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file that one holder at a time has, among all processes and among all clusters of this one. The
 * operating system's lock goes with the process; but closing any descriptor of a file drops all
 * locks the process has on it, so within the process a set of held paths is asked first. That set
 * is the one piece of state all clusters of a JVM share.
 */
public final class ExclusiveFile implements Closeable {

  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private ExclusiveFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Empty when somebody else holds it. */
  public static Optional<ExclusiveFile> tryHold(Path file) throws IOException {
    Path path = file.toAbsolutePath().normalize();
    if (!HELD_HERE.add(path)) {
      return Optional.empty();
    }
    boolean held = false;
    FileChannel channel = null;
    try {
      channel = open(path);
      held = channel.tryLock() != null;
      return held ? Optional.of(new ExclusiveFile(path, channel)) : Optional.empty();
    } finally {
      if (!held) {
        if (channel != null) {
          channel.close();
        }
        HELD_HERE.remove(path);
      }
    }
  }

  /** Linux lets nobody open another's file of a shared directory in a way that could create it. */
  private static FileChannel open(Path path) throws IOException {
    try {
      return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return FileChannel.open(
          path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    HELD_HERE.remove(path);
  }
}
