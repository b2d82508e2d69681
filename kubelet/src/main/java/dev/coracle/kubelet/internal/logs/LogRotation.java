package dev.coracle.kubelet.internal.logs;

import dev.coracle.kubelet.config.ContainerLogOptions;
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
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rotates logs that have grown too large: {@code 0.log} becomes {@code 0.log.20260102-150405}, the
 * runtime is told to reopen it, and older ones are compressed and at last removed (as upstream's
 * container log manager). What a kubelet that ended in the middle of it has left is put in order.
 */
public final class LogRotation {
  private static final Logger LOG = LoggerFactory.getLogger(LogRotation.class);
  private static final String GZIP = ".gz";
  private static final String TEMPORARY = ".tmp";
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final Supplier<List<PodContext>> pods;
  private final PodPaths paths;
  private final Timers timers;
  private final long maxSize;
  private final int maxFiles;
  private final Duration every;
  private Timers.Handle timer = () -> {};

  public LogRotation(
      RuntimeService runtime,
      RuntimeCache cache,
      Supplier<List<PodContext>> pods,
      PodPaths paths,
      Timers timers,
      ContainerLogOptions options) {
    this.runtime = runtime;
    this.cache = cache;
    this.pods = pods;
    this.paths = paths;
    this.timers = timers;
    this.maxSize = options.maxSize();
    this.maxFiles = Math.max(2, options.maxFiles());
    this.every = options.monitorInterval();
  }

  public synchronized void start() {
    timer = timers.every(every, this::look);
  }

  public synchronized void stop() {
    timer.cancel();
  }

  private synchronized void look() {
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
          if (Files.size(log) > maxSize) {
            rotate(log, c, time);
          }
        } catch (IOException | CriException e) {
          LOG.atDebug()
              .addKeyValue("log", log)
              .log("A log could not be looked at: {}", e.toString());
        }
      }
    }
  }

  /** Moves the log aside and has a new one opened. */
  void rotate(Path log, ContainerState c, Instant time) throws IOException {
    String name = log.getFileName().toString();
    Path aside = log.resolveSibling(name + "." + STAMP.format(time));
    if (Files.exists(aside) || Files.exists(Path.of(aside + GZIP))) {
      return; // A second has not passed: next time.
    }
    tidy(rotated(log, name));
    List<Path> old = rotated(log, name);
    for (Path p : old.subList(0, Math.max(0, old.size() - (maxFiles - 2)))) {
      Files.deleteIfExists(p);
    }
    for (Path p : rotated(log, name)) {
      if (!p.toString().endsWith(GZIP)) {
        compress(p);
      }
    }
    Files.move(log, aside, StandardCopyOption.ATOMIC_MOVE);
    try {
      runtime.reopenContainerLog(c.id());
    } catch (CriException e) {
      Files.move(aside, log, StandardCopyOption.ATOMIC_MOVE);
      throw e;
    }
  }

  /** Half-written files, and those that stand compressed beside. */
  private static void tidy(List<Path> all) throws IOException {
    for (Path p : all) {
      if (p.toString().endsWith(TEMPORARY) || all.contains(Path.of(p + GZIP))) {
        Files.deleteIfExists(p);
      }
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
    Path target = file.resolveSibling(file.getFileName() + GZIP);
    Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new GZIPOutputStream(Files.newOutputStream(temporary))) {
      in.transferTo(out);
    }
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    Files.delete(file);
  }
}
