package dev.coracle.cridocker.internal.streaming;

import dev.coracle.cridocker.internal.engine.Hijacked;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of commands that run in containers. Docker may leave one open when its container
 * ends at the same moment as the command, and then nobody would ever hear of it again; so whoever
 * learns of the container's end closes what is left. Thread-safe.
 */
public final class ExecConnections {
  private static final Logger LOG = LoggerFactory.getLogger(ExecConnections.class);

  private final Map<String, Set<Hijacked>> open = new ConcurrentHashMap<>();

  void add(String containerId, Hijacked connection) {
    open.compute(
        containerId,
        (id, set) -> {
          Set<Hijacked> all = set == null ? ConcurrentHashMap.newKeySet() : set;
          all.add(connection);
          return all;
        });
  }

  void remove(String containerId, Hijacked connection) {
    open.computeIfPresent(
        containerId,
        (id, set) -> {
          set.remove(connection);
          return set.isEmpty() ? null : set;
        });
  }

  /** Ends what is left of the commands of a container that has ended. */
  public void closeAll(String containerId) {
    for (Hijacked connection : open.getOrDefault(containerId, Set.of())) {
      try {
        connection.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("connection was closed already");
      }
    }
  }
}
