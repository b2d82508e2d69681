package dev.coracle.kubelet.internal.logs;

import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rotates logs that have grown too large: {@code 0.log} becomes {@code 0.log.20260102-150405}, the
 * runtime is told to reopen it, and older ones are compressed and at last removed (as upstream's
 * container log manager).
 *
 * <p>How often it looks follows how fast logs grow: the next look is when the fastest one could be
 * full, between ten seconds and an hour from now. A node whose containers are silent is looked at
 * once an hour.
 */
public final class LogRotation {
  private static final Logger LOG = LoggerFactory.getLogger(LogRotation.class);
  private static final Duration SOONEST = Duration.ofSeconds(10);
  private static final Duration LATEST = Duration.ofHours(1);
  private static final Duration FIRST = Duration.ofSeconds(30);
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private record Seen(Instant at, long size) {}

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final Supplier<List<PodContext>> pods;
  private final PodPaths paths;
  private final Timers timers;
  private final long maxSize;
  private final int maxFiles;
  private final Map<String, Seen> seen = new HashMap<>();
  private Timers.Handle timer = () -> {};

  public LogRotation(
      RuntimeService runtime,
      RuntimeCache cache,
      Supplier<List<PodContext>> pods,
      PodPaths paths,
      Timers timers,
      long maxSize,
      int maxFiles) {
    this.runtime = runtime;
    this.cache = cache;
    this.pods = pods;
    this.paths = paths;
    this.timers = timers;
    this.maxSize = maxSize;
    this.maxFiles = Math.max(2, maxFiles);
  }

  public synchronized void start() {
    timer = timers.after(FIRST, this::look);
  }

  public synchronized void stop() {
    timer.cancel();
  }

  /** A container was started: it may be a chatty one. */
  public synchronized void started() {
    timer.cancel();
    timer = timers.after(FIRST, this::look);
  }

  private synchronized void look() {
    Duration next = LATEST;
    Map<String, Seen> now = new HashMap<>();
    Instant time = timers.clock().instant();
    for (PodContext context : pods.get()) {
      Pod pod = context.pod();
      PodRuntimeStatus status = cache.last(pod.uid()).orElse(PodRuntimeStatus.NOTHING);
      for (ContainerState c : status.containers()) {
        if (!c.isRunning()) {
          continue;
        }
        Path log = paths.podLogs(pod).resolve(PodPaths.containerLog(c.name(), c.restartCount()));
        try {
          long size = Files.size(log);
          if (size > maxSize) {
            rotate(log, c, time);
            size = 0;
          }
          Seen before = seen.get(c.id());
          now.put(c.id(), new Seen(time, size));
          Duration due = before == null || size < before.size ? LATEST : due(before, time, size);
          next = due.compareTo(next) < 0 ? due : next;
        } catch (IOException | CriException e) {
          LOG.atDebug()
              .addKeyValue("log", log)
              .log("A log could not be looked at: {}", e.toString());
        }
      }
    }
    seen.clear();
    seen.putAll(now);
    timer = timers.after(next.compareTo(SOONEST) < 0 ? SOONEST : next, this::look);
  }

  /** Half the time until the log would be full at the speed it grew. */
  private Duration due(Seen before, Instant now, long size) {
    long grown = size - before.size;
    long millis = Math.max(1, Duration.between(before.at, now).toMillis());
    return grown == 0
        ? LATEST
        : Duration.ofMillis(Math.min(LATEST.toMillis(), (maxSize - size) * millis / grown / 2));
  }

  /** Moves the log aside and has a new one opened. */
  void rotate(Path log, ContainerState c, Instant time) throws IOException {
    String name = log.getFileName().toString();
    List<Path> old = rotated(log, name);
    for (Path p : old.subList(0, Math.max(0, old.size() - (maxFiles - 2)))) {
      Files.deleteIfExists(p);
    }
    for (Path p : rotated(log, name)) {
      if (!p.toString().endsWith(".gz")) {
        compress(p);
      }
    }
    Path aside = log.resolveSibling(name + "." + STAMP.format(time));
    Files.move(log, aside, StandardCopyOption.ATOMIC_MOVE);
    try {
      runtime.reopenContainerLog(c.id());
    } catch (CriException e) {
      Files.move(aside, log, StandardCopyOption.ATOMIC_MOVE);
      throw e;
    }
  }

  private static List<Path> rotated(Path log, String name) throws IOException {
    try (var list = Files.list(java.util.Objects.requireNonNull(log.getParent()))) {
      List<Path> found =
          new ArrayList<>(
              list.filter(p -> p.getFileName().toString().startsWith(name + ".")).toList());
      found.sort(Comparator.naturalOrder());
      return found;
    }
  }

  private static void compress(Path file) throws IOException {
    Path target = file.resolveSibling(file.getFileName() + ".gz");
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new GZIPOutputStream(Files.newOutputStream(temporary))) {
      in.transferTo(out);
    }
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    Files.delete(file);
  }
}
