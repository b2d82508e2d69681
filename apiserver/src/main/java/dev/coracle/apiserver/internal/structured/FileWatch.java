package dev.coracle.apiserver.internal.structured;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent.Kind;
import java.nio.file.WatchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells, on a virtual thread of its own, when something happens to a file or beside it, by the
 * kernel's file events: nothing runs while nothing happens. The directory is followed and not the
 * file, because editors and mounted ConfigMaps put another file in its place.
 */
final class FileWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);
  private static final Kind<?>[] KINDS = {
    StandardWatchEventKinds.ENTRY_CREATE,
    StandardWatchEventKinds.ENTRY_MODIFY,
    StandardWatchEventKinds.ENTRY_DELETE
  };

  private final WatchService service;

  /** Follows from the return on. */
  FileWatch(Path file, Runnable changed) throws IOException {
    Path named = file.toAbsolutePath();
    Path real = file.toRealPath();
    service = named.getFileSystem().newWatchService();
    try {
      directory(named).register(service, KINDS);
      if (!directory(real).equals(directory(named))) {
        directory(real).register(service, KINDS);
      }
    } catch (IOException e) {
      service.close();
      throw e;
    }
    Thread.ofVirtual().name("watch-" + named.getFileName()).start(() -> follow(changed));
  }

  private static Path directory(Path file) {
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
      LOG.atDebug().log("A configuration file is not followed any more");
    }
  }

  @Override
  public void close() {
    try {
      service.close();
    } catch (IOException e) {
      LOG.atDebug().addKeyValue("why", e.getMessage()).log("The watch was not closed");
    }
  }
}
