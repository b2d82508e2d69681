package dev.coracle.kubelet.internal.serving;

import dev.coracle.kubelet.server.Checkpoints;
import dev.coracle.kubelet.server.ContainerView;
import dev.coracle.kubelet.server.PodView;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Executor;

/**
 * Has the runtime write checkpoints into {@code ROOT/checkpoints}, named as upstream names them.
 * They hold the container's memory, secrets too: only root may read them.
 */
final class CriCheckpoints implements Checkpoints {
  /** Go's RFC3339. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssXXX");

  /** Who asks for less time gets this. */
  private static final Duration LEAST = Duration.ofMinutes(2);

  private final RuntimeService runtime;
  private final Path directory;
  private final Clock clock;
  private final Executor executor;

  CriCheckpoints(RuntimeService runtime, Path directory, Clock clock, Executor executor) {
    this.runtime = runtime;
    this.directory = directory;
    this.clock = clock;
    this.executor = executor;
  }

  @Override
  public Uni<Path> of(
      PodView pod, String name, ContainerView.Instance container, long timeoutSeconds) {
    return Uni.createFrom()
        .item(() -> write(pod, name, container.containerId(), timeoutSeconds))
        .runSubscriptionOn(executor);
  }

  private Path write(PodView pod, String name, String id, long timeoutSeconds) {
    if (timeoutSeconds < 0) {
      throw new IllegalArgumentException(
          "CheckpointContainer requires the timeout value to be > 0");
    }
    Path file =
        directory.resolve(
            "checkpoint-"
                + pod.name()
                + "_"
                + pod.namespace()
                + "-"
                + name
                + "-"
                + TIME.format(ZonedDateTime.ofInstant(clock.instant(), ZoneId.systemDefault()))
                + ".tar");
    try {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      runtime.checkpointContainer(
          id, file, Duration.ofSeconds(Math.max(timeoutSeconds, LEAST.toSeconds())));
      if (Files.exists(file)) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      }
      return file;
    } catch (CriException e) {
      throw new IllegalStateException(e.describe(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
