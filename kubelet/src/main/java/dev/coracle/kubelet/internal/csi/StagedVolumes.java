package dev.coracle.kubelet.internal.csi;

import dev.coracle.csi.v1.NodeStageVolumeRequest;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes that drivers have staged on this node, or may have: what is begun is written beside the
 * staging directory first, and crossed out when the driver says that it is undone, or that it was
 * refused. In between the volume is in use, whether or not a pod has it. Unstaging is tried until
 * it succeeds, with growing pauses and whenever the driver comes again, and no pod waits for that.
 * Blocks.
 */
final class StagedVolumes {
  private static final Logger LOG = LoggerFactory.getLogger(StagedVolumes.class);
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofSeconds(122);

  /** Whether a pod has the volume, or is about to. */
  @FunctionalInterface
  interface Users {
    boolean has(PublishedVolume volume) throws IOException;
  }

  private final CsiDrivers drivers;
  private final PodPaths paths;
  private final KeyedLocks locks;
  private final Timers timers;
  private final Users users;
  private final Runnable changed;

  /** By volume, how long the last pause was. */
  private final Map<String, Duration> pauses = new ConcurrentHashMap<>();

  /**
   * @param locks by volume; held by whoever stages and publishes
   * @param changed hears that other volumes are staged than before
   */
  StagedVolumes(
      CsiDrivers drivers,
      PodPaths paths,
      KeyedLocks locks,
      Timers timers,
      Users users,
      Runnable changed) {
    this.drivers = drivers;
    this.paths = paths;
    this.locks = locks;
    this.timers = timers;
    this.users = users;
    this.changed = changed;
    drivers.onArrival(driver -> timers.execute(() -> sweep(driver)));
  }

  /** Of a volume, by which one works on it at a time. */
  static String key(String driver, String handle) {
    return driver + "^" + handle;
  }

  private static PublishedVolume record(String driver, String handle, boolean sure) {
    return new PublishedVolume(driver, handle, "", false, sure, false);
  }

  private Path directory(String driver, String handle) {
    return Objects.requireNonNull(CsiPaths.staging(paths.root(), driver, handle).getParent());
  }

  /**
   * Whether the call has surely come to nothing: after any other error the driver may still be at
   * it, or have done it.
   */
  static boolean isRefusal(CriException e) {
    return switch (e.code()) {
      case OK, CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED -> false;
      case UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          INTERNAL,
          DATA_LOSS,
          UNAUTHENTICATED ->
          true;
    };
  }

  /** Has the driver stage a volume; the caller holds its lock. */
  void stage(CsiDriver driver, NodeStageVolumeRequest request) throws IOException {
    String handle = request.getVolumeId();
    Path directory = directory(driver.name(), handle);
    Optional<PublishedVolume> before = PublishedVolume.read(directory);
    if (before.isEmpty()) {
      record(driver.name(), handle, false).write(directory);
      changed.run();
    }
    Files.createDirectories(Path.of(request.getStagingTargetPath()));
    try {
      driver.stage(request);
    } catch (CriException e) {
      boolean there = before.map(PublishedVolume::staged).orElse(false);
      if (isRefusal(e) && !there) {
        forget(driver.name(), handle);
      }
      throw e;
    }
    record(driver.name(), handle, true).write(directory);
    pauses.remove(key(driver.name(), handle));
  }

  private void forget(String driver, String handle) throws IOException {
    Path directory = directory(driver, handle);
    Mounts.detachBelow(directory);
    PodPaths.deleteTree(directory);
    pauses.remove(key(driver, handle));
    changed.run();
  }

  /** Has the driver unstage a volume that no pod has any more, now or later. */
  void release(String driver, String handle) {
    try {
      locks.<Boolean, IOException>with(
          key(driver, handle),
          () -> {
            if (Files.exists(directory(driver, handle))
                && !users.has(record(driver, handle, true))) {
              drivers
                  .get(driver)
                  .unstage(handle, CsiPaths.staging(paths.root(), driver, handle).toString());
              forget(driver, handle);
            }
            return Boolean.TRUE;
          });
    } catch (IllegalArgumentException e) {
      warn(driver, handle, e); // It is tried when the driver comes.
    } catch (IOException | CriException e) {
      warn(driver, handle, e);
      Duration pause =
          pauses.merge(
              key(driver, handle),
              FIRST,
              (last, _) -> {
                Duration next = last.multipliedBy(2);
                return next.compareTo(LONGEST) < 0 ? next : LONGEST;
              });
      timers.after(pause, () -> release(driver, handle));
    }
  }

  private static void warn(String driver, String handle, Exception why) {
    LOG.atWarn()
        .addKeyValue("driver", driver)
        .addKeyValue("volumeHandle", handle)
        .addKeyValue("why", why instanceof CriException e ? e.describe() : why.getMessage())
        .log("A volume that no pod has is not unstaged yet");
  }

  /** What a driver is still to unstage, also of the time of an earlier kubelet. */
  private void sweep(String driver) {
    try {
      for (PublishedVolume volume : all()) {
        if (volume.driver().equals(driver)) {
          release(driver, volume.handle());
        }
      }
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("driver", driver)
          .addKeyValue("why", e.getMessage())
          .log("What a driver has staged is not known");
    }
  }

  /** Those that are staged, or may be. */
  List<PublishedVolume> all() throws IOException {
    List<PublishedVolume> out = new ArrayList<>();
    Path root = CsiPaths.root(paths.root());
    if (Files.isDirectory(root)) {
      try (Stream<Path> directories = Files.find(root, 2, (_, a) -> a.isDirectory())) {
        for (Path directory : directories.toList()) {
          PublishedVolume.read(directory).ifPresent(out::add);
        }
      }
    }
    return out;
  }
}
