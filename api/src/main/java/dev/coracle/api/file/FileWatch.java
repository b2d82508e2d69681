package dev.coracle.api.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent.Kind;
import java.nio.file.WatchService;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tells, on a virtual thread of its own, when something happens in a directory, or to a file or
 * beside it, by the kernel's file events: nothing runs while nothing happens. What has happened
 * before the watch was there is not told.
 */
public final class FileWatch implements AutoCloseable {

  private static final Kind<?>[] KINDS = {
    StandardWatchEventKinds.ENTRY_CREATE,
    StandardWatchEventKinds.ENTRY_MODIFY,
    StandardWatchEventKinds.ENTRY_DELETE
  };

  private final WatchService service;

  private FileWatch(Path named, Set<Path> directories, Runnable changed) throws IOException {
    service = named.getFileSystem().newWatchService();
    try {
      for (Path directory : directories) {
        directory.register(service, KINDS);
      }
    } catch (IOException e) {
      service.close();
      throw e;
    }
    Thread.ofVirtual().name("watch-" + named.getFileName()).start(() -> follow(changed));
  }

  /** Follows a directory's entries from the return on. */
  public static FileWatch directory(Path directory, Runnable changed) throws IOException {
    return new FileWatch(directory, Set.of(directory), changed);
  }

  /**
   * Follows a file from the return on. Its directory is followed, and that of what it links to,
   * because editors and mounted ConfigMaps put another file in its place.
   */
  public static FileWatch file(Path file, Runnable changed) throws IOException {
    return files(List.of(file), changed);
  }

  /** As {@link #file}, for several files at once. */
  public static FileWatch files(List<Path> files, Runnable changed) throws IOException {
    Set<Path> directories = new HashSet<>();
    for (Path file : files) {
      directories.add(parent(file.toAbsolutePath()));
      directories.add(parent(file.toRealPath()));
    }
    return new FileWatch(files.getFirst(), directories, changed);
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    return parent == null ? file : parent;
  }

  private void follow(Runnable changed) {
    try {
      while (true) {
        var key = service.take();
        key.pollEvents();
        key.reset();
        changed.run();
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      // Closed: nothing is followed any more.
    }
  }

  @Override
  public void close() {
    try {
      service.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
