package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.ContainerEventType;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.JsonLines;
import dev.coracle.cridocker.internal.pod.Labels;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.server.Times;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Docker's events as CRI's, one after another on one virtual thread. After a lost connection it
 * goes on with the events since the last one.
 */
public final class EventFeed implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Docker itself keeps the last 256 events for those who ask for what was. */
  private static final int MOST_TOLD = 512;

  private static final Map<String, ContainerEventType> TYPES =
      Map.of(
          "create", ContainerEventType.CONTAINER_CREATED_EVENT,
          "start", ContainerEventType.CONTAINER_STARTED_EVENT,
          "die", ContainerEventType.CONTAINER_STOPPED_EVENT,
          "destroy", ContainerEventType.CONTAINER_DELETED_EVENT);

  private final Engine engine;
  private final String clusterId;
  private final Events events;
  private final Consumer<String> onEnd;
  private final CompletableFuture<Void> listening = new CompletableFuture<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile @Nullable InputStream connection;

  /** What Docker may tell again after a lost connection, oldest first. */
  private final LinkedHashSet<Told> told = new LinkedHashSet<>();

  private long last = Times.now();
  private boolean failed;

  private record Told(long at, ContainerEventType type, String id) {}

  /**
   * @param onEnd hears the id of every container that has ended; must not block
   */
  public EventFeed(Engine engine, String clusterId, Events events, Consumer<String> onEnd) {
    this.engine = engine;
    this.clusterId = clusterId;
    this.events = events;
    this.onEnd = onEnd;
  }

  /** Completes when Docker tells its events here. */
  public CompletableFuture<Void> listening() {
    return listening;
  }

  @Override
  public void run() {
    try {
      do {
        try {
          listen();
        } catch (IOException e) {
          complain(e);
        }
      } while (!stopped.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void complain(IOException e) {
    if (!failed && stopped.getCount() > 0) {
      failed = true;
      LOG.atWarn().setCause(e).log("no events of Docker for now");
    }
  }

  private void listen() throws IOException {
    String filters =
        Engine.filters(
            Map.of(
                "type",
                List.of("container"),
                "label",
                List.of(Labels.CLUSTER + "=" + clusterId),
                "event",
                List.copyOf(TYPES.keySet())));
    String since = "%d.%09d".formatted(last / 1_000_000_000L, last % 1_000_000_000L);
    try (InputStream in =
        engine.stream(HttpMethod.GET, "/events?since=" + since + "&" + filters, Map.of())) {
      connection = in;
      if (stopped.getCount() == 0) {
        return; // Asked to stop while it was being opened.
      }
      listening.complete(null);
      failed = false;
      JsonLines lines = new JsonLines(in);
      for (JsonNode event = lines.next();
          event != null && stopped.getCount() > 0;
          event = lines.next()) {
        publish(event);
      }
    }
  }

  private void publish(JsonNode event) {
    ContainerEventType type = TYPES.get(event.path("Action").asText());
    long at = event.path("timeNano").asLong();
    String id = event.path("Actor").path("ID").asText();
    // By name and not by time: clocks are set back, and two things happen in one tick.
    if (type == null || !told.add(new Told(at, type, id))) {
      return;
    }
    if (told.size() > MOST_TOLD) {
      told.removeFirst();
    }
    last = at;
    JsonNode labels = event.path("Actor").path("Attributes");
    boolean sandbox = labels.path(Labels.TYPE).asText().equals(Labels.SANDBOX);
    if (type == ContainerEventType.CONTAINER_STOPPED_EVENT) {
      onEnd.accept(id);
    }
    events.publish(sandbox ? id : labels.path(Labels.SANDBOX_ID).asText(), id, type, at);
  }

  public void stop() {
    stopped.countDown();
    InputStream in = connection;
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("connection was closed already");
      }
    }
  }
}
