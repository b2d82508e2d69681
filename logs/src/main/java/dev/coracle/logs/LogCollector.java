package dev.coracle.logs;

import dev.coracle.api.Component;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.Client;
import dev.coracle.logs.config.LogOptions;
import dev.coracle.logs.internal.collect.PodLogFiles;
import dev.coracle.logs.internal.sink.BulkSink;
import dev.coracle.logs.internal.store.LogStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes every line the node's containers write, adds whose it is, stores it, and ships it where a
 * sink is named. One virtual thread does it all and sleeps while nothing is written.
 */
public final class LogCollector implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(LogCollector.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int STREAMS = 4096;
  private static final int SHIP_AT_ONCE = 1000;

  private final Vertx vertx;
  private final Client client;
  private final LogOptions options;
  private final LogMetrics metrics;
  private volatile @Nullable LogStore store;
  private @Nullable PodLogFiles files;
  private @Nullable BulkSink sink;
  private @Nullable Thread thread;

  public LogCollector(Vertx vertx, Client client, LogOptions options, MeterRegistry registry) {
    this.vertx = vertx;
    this.client = client;
    this.options = options;
    this.metrics = new LogMetrics(registry);
  }

  @Override
  public String name() {
    return "log-collector";
  }

  /** The search over what is stored; empty before the start and after the end. */
  public Optional<LogSearch> search() {
    LogStore open = store;
    Executor worker = task -> Thread.ofVirtual().name("log-search").start(task);
    return open == null
        ? Optional.empty()
        : Optional.of(new LogSearch(open, options.nodeName(), Clock.systemUTC(), worker));
  }

  @Override
  public CompletionStage<Void> start() {
    return vertx
        .executeBlocking(() -> {
          open();
          return name();
        })
        .<Void>mapEmpty()
        .toCompletionStage();
  }

  private void open() throws IOException {
    LogStore opened = new LogStore(options.store(), options.maxBytes(), options.segmentBytes());
    metrics.storeBytes(opened, LogStore::size);
    sink =
        options
            .sink()
            .map(uri -> new BulkSink(vertx, uri, options.sinkPause(), metrics))
            .orElse(null);
    PodLogFiles follows =
        new PodLogFiles(
            options.podLogs(), options.store().resolve("positions"), new Lines(opened, sink));
    files = follows;
    store = opened;
    thread = Thread.ofVirtual().name("log-collector").start(follows::run);
  }

  @Override
  public CompletionStage<Void> stop() {
    return vertx
        .executeBlocking(() -> {
          close();
          return name();
        })
        .<Void>mapEmpty()
        .toCompletionStage();
  }

  private void close() throws IOException {
    PodLogFiles follows = files;
    Thread runs = thread;
    LogStore open = store;
    files = null;
    thread = null;
    store = null;
    if (follows != null && runs != null && open != null) {
      follows.close();
      try {
        runs.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      open.close();
    }
    if (sink != null) {
      sink.close();
      sink = null;
    }
  }

  @Override
  public Optional<String> unhealthy() {
    Thread runs = thread;
    return runs != null && !runs.isAlive()
        ? Optional.of("logs are no longer collected; the log says why")
        : Optional.empty();
  }

  /** Stores and ships; belongs to the collector's thread. */
  private final class Lines implements PodLogFiles.Receiver {

    private final LogStore into;
    private final @Nullable BulkSink ship;
    private final Map<String, LogStream> streams = new HashMap<>();
    private List<LogEntry> batch = new ArrayList<>();

    Lines(LogStore into, @Nullable BulkSink ship) {
      this.into = into;
      this.ship = ship;
    }

    @Override
    public void line(String pod, String container, String time, String output, String message)
        throws IOException {
      if (streams.size() > STREAMS) {
        streams.clear();
      }
      LogEntry entry =
          new LogEntry(
              streams.computeIfAbsent(pod + "/" + container, _ -> stream(pod, container)),
              time,
              output,
              message);
      into.add(entry);
      metrics.collected();
      if (ship != null) {
        batch.add(entry);
        if (batch.size() >= SHIP_AT_ONCE) {
          ship();
        }
      }
    }

    @Override
    public void batch() throws IOException {
      into.flush();
      ship();
    }

    private void ship() {
      if (ship != null && !batch.isEmpty()) {
        ship.offer(batch);
        batch = new ArrayList<>();
      }
    }

    /** The directory is named {@code NAMESPACE_POD_UID}; the API adds the Pod's labels. */
    private LogStream stream(String directory, String container) {
      String[] parts = directory.split("_", 3);
      String namespace = parts[0];
      String pod = parts.length > 1 ? parts[1] : "";
      String uid = parts.length > 2 ? parts[2] : "";
      Map<String, String> labels = Map.of();
      try {
        KubeObject found = client.get(Resources.PODS, namespace, pod).await().atMost(PATIENCE);
        if (found.uid().equals(uid) || found.annotations().containsValue(uid)) {
          labels = found.labels();
        }
      } catch (RuntimeException e) {
        LOG.atDebug()
            .addKeyValue("namespace", namespace)
            .addKeyValue("name", pod)
            .addKeyValue("cause", e.toString())
            .log("The Pod's labels are not known");
      }
      return new LogStream(namespace, pod, uid, container, options.nodeName(), labels);
    }
  }
}
