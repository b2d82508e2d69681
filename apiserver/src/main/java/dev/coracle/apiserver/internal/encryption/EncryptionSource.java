package dev.coracle.apiserver.internal.encryption;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.internal.structured.Reloaded;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * The encryption configuration that holds now: one for ever, or what a file says, which is
 * followed. A new one takes over once its key management services have answered; the one before
 * lives on for a while, for what is under way by it. Safe on any thread.
 */
public interface EncryptionSource {

  EncryptionConfig now();

  /** To be called before {@link #start}. */
  void whenReloaded(Runnable action);

  List<HealthCheck> checks();

  Uni<Void> start();

  void stop();

  static EncryptionSource fixed(EncryptionConfig config) {
    return new Fixed(config);
  }

  /**
   * @throws IllegalStateException with words for the user
   */
  static EncryptionSource following(
      Vertx vertx, String prefix, Path file, MeterRegistry registry, Clock clock) {
    return new Following(vertx, prefix, file, registry, clock);
  }

  /** The same for ever. */
  record Fixed(EncryptionConfig now) implements EncryptionSource {

    @Override
    public void whenReloaded(Runnable action) {}

    @Override
    public List<HealthCheck> checks() {
      return now.checks();
    }

    @Override
    public Uni<Void> start() {
      return now.start();
    }

    @Override
    public void stop() {
      now.stop();
    }
  }

  /** What a file says. */
  final class Following implements EncryptionSource {

    private static final Duration LONGEST_START = Duration.ofSeconds(30);
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final String prefix;
    private final MeterRegistry registry;
    private final Function<String, KmsMeters> kmsMeters;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Reloaded<EncryptionConfig> file;
    private volatile boolean running;
    private volatile Runnable reloaded = () -> {};

    private Following(Vertx vertx, String prefix, Path path, MeterRegistry registry, Clock clock) {
      this.vertx = vertx;
      this.prefix = prefix;
      this.registry = registry;
      this.kmsMeters = KmsMeters.byName(registry);
      this.file =
          new Reloaded<>(
              path,
              "encryption configuration",
              this::parse,
              this::retire,
              registry,
              "apiserver_encryption_config_controller",
              clock);
      this.running = true;
    }

    /** The first one is started with the storage, those that come later at once. */
    private EncryptionConfig parse(byte[] yaml) {
      EncryptionConfig config;
      try {
        config = EncryptionConfig.parse(vertx, prefix, yaml, registry, kmsMeters);
      } catch (StatusException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      if (running) {
        try {
          config.start().await().atMost(LONGEST_START);
        } catch (RuntimeException e) {
          config.stop();
          throw e;
        }
      }
      return config;
    }

    private void retire(EncryptionConfig old) {
      if (stopped.get()) {
        old.stop();
        return;
      }
      vertx.setTimer(GRACE.toMillis(), _ -> old.stop());
      reloaded.run();
    }

    @Override
    public EncryptionConfig now() {
      return file.now();
    }

    @Override
    public void whenReloaded(Runnable action) {
      reloaded = action;
    }

    /** One of all services, which may be others later. */
    @Override
    public List<HealthCheck> checks() {
      return List.of(
          new HealthCheck("kms-providers", HealthCheck.At.NOT_LIVEZ, () -> now().problem()));
    }

    @Override
    public Uni<Void> start() {
      return now().start();
    }

    @Override
    public void stop() {
      stopped.set(true);
      file.close();
    }
  }
}
