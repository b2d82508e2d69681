package dev.coracle.apiserver.internal.structured;

import dev.coracle.api.file.FileWatch;
import dev.coracle.apiserver.internal.identity.ServerId;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a configuration file says now. At the start a file that is wrong is an error; later it is
 * logged and what stood before stays. Safe on any thread.
 */
public final class Reloaded<T> implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Reloaded.class);

  private final Path file;
  private final String kind;
  private final Function<byte[], T> parser;
  private final Consumer<T> retire;
  private final MeterRegistry meters;
  private final String metric;
  private final Clock clock;
  private final Map<String, AtomicLong> last = new ConcurrentHashMap<>();
  private final FileWatch watch;
  private byte[] seen;
  private Gauge info;
  private volatile T now;
  private boolean closed;

  /**
   * @param parser throws IllegalArgumentException or IllegalStateException with words for the user
   * @param retire told what is not current any more
   * @param metric what the names of the metrics begin with: of reloads by {@code status} and
   *     server, and of what holds
   * @param clock tells when a file was reloaded
   * @throws IllegalStateException naming the file and what is wrong in it
   */
  public Reloaded(
      Path file,
      String kind,
      Function<byte[], T> parser,
      Consumer<T> retire,
      MeterRegistry meters,
      String metric,
      Clock clock) {
    this.file = file;
    this.kind = kind;
    this.parser = parser;
    this.retire = retire;
    this.meters = meters;
    this.metric = metric;
    this.clock = clock;
    // Whoever looks meanwhile waits until there is something to compare with.
    synchronized (this) {
      FileWatch started = null;
      try {
        started = FileWatch.file(file, this::look);
        seen = Files.readAllBytes(file);
        now = parser.apply(seen);
        info = info(seen);
        watch = started;
      } catch (IOException e) {
        stop(started);
        throw new IllegalStateException("cannot read the " + kind + " " + file, e);
      } catch (IllegalArgumentException | IllegalStateException e) {
        stop(started);
        throw new IllegalStateException("the " + kind + " " + file + ": " + e.getMessage(), e);
      }
    }
  }

  private static void stop(@org.jspecify.annotations.Nullable FileWatch watch) {
    if (watch != null) {
      watch.close();
    }
  }

  public T now() {
    return now;
  }

  private synchronized void look() {
    if (closed) {
      return;
    }
    try {
      byte[] content = Files.readAllBytes(file);
      if (Arrays.equals(content, seen)) {
        return;
      }
      seen = content;
      T before = now;
      now = parser.apply(content);
      retire.accept(before);
      meters.remove(info);
      info = info(content);
      count("success");
      LOG.atInfo().addKeyValue("file", file).log("The {} is reloaded", kind);
    } catch (IOException | RuntimeException e) {
      count("failure");
      LOG.atError()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("The new {} cannot be used; the former one stays", kind);
    }
  }

  private void count(String status) {
    meters.counter(metric + "_automatic_reloads_total", tags(status)).increment();
    last.computeIfAbsent(status, this::last).set(clock.millis());
  }

  private AtomicLong last(String status) {
    AtomicLong millis = new AtomicLong();
    Gauge.builder(
            metric + "_automatic_reload_last_timestamp_seconds", millis, at -> at.get() / 1000.0)
        .description("When a change of the file was last looked at, in seconds since 1970")
        .tags(tags(status))
        .register(meters);
    return millis;
  }

  /** Tells by its digest what the file says that holds now. */
  private Gauge info(byte[] content) {
    return Gauge.builder(metric + "_last_config_info", () -> 1)
        .description("Which content of the file holds, by its digest")
        .tags("apiserver_id_hash", ServerId.here().hash(), "hash", ServerId.sha256(content))
        .strongReference(true)
        .register(meters);
  }

  private static Tags tags(String status) {
    return Tags.of("status", status, "apiserver_id_hash", ServerId.here().hash());
  }

  @Override
  public void close() {
    watch.close();
    synchronized (this) {
      closed = true;
      retire.accept(now);
    }
  }
}
