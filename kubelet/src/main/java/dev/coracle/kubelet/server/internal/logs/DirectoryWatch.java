package dev.coracle.kubelet.server.internal.logs;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One inotify instance for all log followers of a server: directories are watched once, however
 * many followers they have, and the instance exists only while there is a follower. State is
 * guarded by this object's lock; events arrive on one virtual thread.
 */
final class DirectoryWatch {
  private @Nullable WatchService service;
  private final Map<Path, Watched> byDirectory = new HashMap<>();

  /** A directory's watch and its followers. */
  private record Watched(Path directory, WatchKey key, Set<Follower> followers) {}

  /** A registration, with an identity of its own. */
  private static final class Follower {
    private final Runnable changed;

    Follower(Runnable changed) {
      this.changed = changed;
    }
  }

  /**
   * Calls {@code changed} after each change in {@code directory} until the registration is closed.
   */
  synchronized AutoCloseable watch(Path directory, Runnable changed) throws IOException {
    Watched watched = byDirectory.get(directory);
    if (watched == null) {
      WatchService current = service;
      if (current == null) {
        current = FileSystems.getDefault().newWatchService();
        service = current;
        start(current);
      }
      watched =
          new Watched(
              directory,
              directory.register(current, ENTRY_CREATE, ENTRY_MODIFY),
              new LinkedHashSet<>());
      byDirectory.put(directory, watched);
    }
    Follower follower = new Follower(changed);
    watched.followers().add(follower);
    Watched registered = watched;
    return () -> remove(registered, follower);
  }

  /** Directories now watched. */
  synchronized int size() {
    return byDirectory.size();
  }

  private synchronized void remove(Watched watched, Follower follower) throws IOException {
    watched.followers().remove(follower);
    if (watched.followers().isEmpty() && byDirectory.remove(watched.directory(), watched)) {
      watched.key().cancel();
    }
    if (byDirectory.isEmpty() && service != null) {
      service.close();
      service = null;
    }
  }

  private void start(WatchService watches) {
    Thread.ofVirtual().name("kubelet-log-watch").start(() -> dispatch(watches));
  }

  private void dispatch(WatchService watches) {
    try {
      while (true) {
        WatchKey key = watches.take();
        key.pollEvents();
        for (Follower follower : followers(key)) {
          follower.changed.run();
        }
        key.reset();
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      // closed with the last follower
    }
  }

  private synchronized List<Follower> followers(WatchKey key) {
    return byDirectory.values().stream()
        .filter(w -> w.key().equals(key))
        .flatMap(w -> w.followers().stream())
        .toList();
  }
}
