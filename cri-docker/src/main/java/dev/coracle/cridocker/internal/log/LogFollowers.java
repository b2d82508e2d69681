package dev.coracle.cridocker.internal.log;

import dev.coracle.cridocker.internal.engine.Engine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * Follows the output of containers, each on a thread of its own: Docker keeps it in its own form,
 * the kubelet reads CRI's. Thread-safe.
 */
public final class LogFollowers {
  private final Engine engine;
  private final Executor executor;
  private final Map<String, LogFollower> followers = new ConcurrentHashMap<>();

  /**
   * @param executor starts a virtual thread for each
   */
  public LogFollowers(Engine engine, Executor executor) {
    this.engine = engine;
    this.executor = executor;
  }

  /** Makes the file now, so that a reader finds it as soon as the container runs. */
  public void prepare(String containerId, Path file) throws IOException {
    LogFollower.touch(file);
  }

  /** Writes from now on what the container says, and first what of it is not in the file yet. */
  public void follow(String containerId, Path file, boolean terminal) throws IOException {
    LogFollower follower = new LogFollower(engine, containerId, file, terminal);
    if (followers.putIfAbsent(containerId, follower) == null) {
      executor.execute(follower);
    }
  }

  /** Waits until the last word of a container that has ended is written, but not for ever. */
  public void awaitEnd(String containerId, Duration most) {
    Optional.ofNullable(followers.get(containerId)).ifPresent(f -> f.awaitEnd(most));
  }

  /** Goes on in a new file of the same name, after the old one was moved away. */
  public void reopen(String containerId) throws IOException {
    LogFollower follower = followers.get(containerId);
    if (follower != null) {
      follower.reopen();
    }
  }

  public void forget(String containerId) {
    Optional.ofNullable(followers.remove(containerId)).ifPresent(LogFollower::stop);
  }

  /** Ends all; what is not written yet a later run writes. */
  public void stop() {
    followers.keySet().forEach(this::forget);
  }
}
