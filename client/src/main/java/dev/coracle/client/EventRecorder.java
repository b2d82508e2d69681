package dev.coracle.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.internal.events.EventCorrelator;
import dev.coracle.client.internal.events.EventCorrelator.Decision;
import dev.coracle.client.internal.events.EventPace;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the cluster's users what a component did or could not do, as core/v1 Events. Never fails
 * and never holds up its caller: events wait in a bounded queue and are written one after the
 * other; what does not fit, or is refused, is counted and dropped. Equal events become one with a
 * count, many similar ones are combined, and a chatty object is held back, as client-go does it.
 *
 * <p>Safe on any thread.
 */
public final class EventRecorder {

  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
  private static final int CAPACITY = 1000;
  private static final int ATTEMPTS = 5;

  private record Pending(
      KubeObject about, String fieldPath, String type, String reason, String message, Instant at) {}

  private final Client client;
  private final SerialContext context;
  private final String component;
  private final String host;
  private final EventCorrelator correlator;
  private final Counter dropped;
  private final EventPace pace;

  // Owned by the context.
  private final ArrayDeque<Pending> queue = new ArrayDeque<>();
  private boolean writing;
  private boolean waiting;
  private boolean stopped;
  private long lastName;

  /**
   * @param component such as {@code deployment-controller}
   * @param host the node the component speaks for, empty for the control plane
   */
  public EventRecorder(
      Client client, SerialContext context, String component, String host, MeterRegistry registry) {
    this(
        client,
        context,
        component,
        host,
        registry.counter("coracle_events_dropped_total", "component", component),
        new EventPace(EventPace.UNBOUNDED, 1, context.nanoTime()));
  }

  private EventRecorder(
      Client client,
      SerialContext context,
      String component,
      String host,
      Counter dropped,
      EventPace pace) {
    this.client = client;
    this.context = context;
    this.component = component;
    this.host = host;
    this.correlator = new EventCorrelator(context);
    this.dropped = dropped;
    this.pace = pace;
  }

  /**
   * Another one that writes no faster; what comes faster waits.
   *
   * @param perSecond zero for as fast as can be
   * @param burst how many at once all the same
   */
  public EventRecorder atMost(int perSecond, int burst) {
    return new EventRecorder(
        client,
        context,
        component,
        host,
        dropped,
        new EventPace(perSecond, burst, context.nanoTime()));
  }

  public void normal(KubeObject about, String reason, String message) {
    event(about, "", "Normal", reason, message);
  }

  public void warning(KubeObject about, String reason, String message) {
    event(about, "", "Warning", reason, message);
  }

  /**
   * @param about an object, or a reference's worth of one: kind, apiVersion, name, namespace and
   *     uid
   * @param fieldPath the part it is about, {@code spec.containers{app}}, or empty
   */
  public void event(
      KubeObject about, String fieldPath, String type, String reason, String message) {
    Instant now = context.clock().instant();
    String text = message.length() > 1024 ? message.substring(0, 1020) + " ..." : message;
    context.execute(() -> offer(new Pending(about, fieldPath, type, reason, text, now)));
  }

  /** Drops what waits. */
  public void stop() {
    context.execute(() -> {
      stopped = true;
      queue.clear();
    });
  }

  private void offer(Pending pending) {
    if (stopped) {
      return;
    }
    if (queue.size() >= CAPACITY) {
      dropped.increment();
      return;
    }
    queue.add(pending);
    next();
  }

  private void next() {
    while (!writing && !waiting && !queue.isEmpty()) {
      Duration wait = pace.untilNext(context.nanoTime());
      if (!wait.isZero()) {
        waiting = true;
        context.schedule(
            wait,
            () -> {
              waiting = false;
              next();
            });
        return;
      }
      Pending pending = queue.poll();
      if (pending == null) {
        return;
      }
      switch (correlator.decide(eventOf(pending), keyOf(pending))) {
        case Decision.Drop _ -> dropped.increment();
        case Decision.Create create -> write(create.event(), create.key(), 1);
        case Decision.Count count -> patch(count);
      }
    }
  }

  private static EventCorrelator.Key keyOf(Pending p) {
    return new EventCorrelator.Key(
        p.about().kind() + "/" + p.about().key() + "/" + p.about().uid() + "/" + p.fieldPath(),
        p.type(),
        p.reason(),
        p.message());
  }

  private void write(KubeObject event, EventCorrelator.Key key, int attempt) {
    writing = true;
    send(
        client.create(Resources.EVENTS, event.namespace(), event, WriteOptions.NONE),
        stored -> correlator.written(key, stored),
        () -> write(event, key, attempt + 1),
        attempt);
  }

  private void patch(Decision.Count count) {
    writing = true;
    KubeObject event = count.event();
    Patch patch =
        Patch.merge(node ->
            node.put("count", event.at("count").asInt())
                .put("message", event.text("message"))
                .put("lastTimestamp", event.text("lastTimestamp")));
    send(
        client
            .patch(Resources.EVENTS, event.namespace(), event.name(), patch)
            .onFailure(StatusException::isNotFound)
            .recoverWithUni(() ->
                client.create(
                    Resources.EVENTS,
                    event.namespace(),
                    event.with(n -> n.withObjectProperty("metadata").remove("resourceVersion")),
                    WriteOptions.NONE)),
        stored -> correlator.written(count.key(), stored),
        () -> patch(count),
        ATTEMPTS);
  }

  private void send(
      Uni<KubeObject> request,
      java.util.function.Consumer<KubeObject> stored,
      Runnable again,
      int attempt) {
    pace.spend();
    request
        .emitOn(context)
        .subscribe()
        .with(
            object -> {
              stored.accept(object);
              written();
            },
            failure -> {
              boolean answered =
                  failure instanceof StatusException s
                      && s.reason() != StatusReason.SERVICE_UNAVAILABLE
                      && s.reason() != StatusReason.TOO_MANY_REQUESTS;
              if (answered || attempt >= ATTEMPTS || stopped) {
                dropped.increment();
                LOG.atDebug()
                    .addKeyValue("component", component)
                    .addKeyValue("failure", failure.toString())
                    .log("An event could not be written");
                written();
              } else {
                context.schedule(Duration.ofSeconds(1L << attempt), again);
              }
            });
  }

  private void written() {
    writing = false;
    next();
  }

  private KubeObject eventOf(Pending p) {
    KubeObject about = p.about();
    String namespace = about.namespace().isEmpty() ? "default" : about.namespace();
    // Nanoseconds as upstream has them, made unique where the clock is coarse.
    long stamp = p.at().getEpochSecond() * 1_000_000_000L + p.at().getNano();
    lastName = Math.max(stamp, lastName + 1);
    String name = about.name() + "." + Long.toHexString(lastName);
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Event"),
        namespace,
        name,
        node -> {
          ObjectNode involved = node.putObject("involvedObject");
          put(involved, "kind", about.kind());
          put(involved, "namespace", about.namespace());
          put(involved, "name", about.name());
          put(involved, "uid", about.uid());
          put(involved, "apiVersion", about.apiVersion());
          put(involved, "resourceVersion", about.resourceVersion());
          put(involved, "fieldPath", p.fieldPath());
          String time = Timestamps.time(p.at());
          node.put("reason", p.reason())
              .put("message", p.message())
              .put("type", p.type())
              .put("count", 1)
              .put("firstTimestamp", time)
              .put("lastTimestamp", time)
              .putNull("eventTime")
              .put("reportingComponent", component)
              .put("reportingInstance", host);
          ObjectNode source = node.putObject("source");
          source.put("component", component);
          put(source, "host", host);
        });
  }

  private static void put(ObjectNode node, String field, String value) {
    if (!value.isEmpty()) {
      node.put(field, value);
    }
  }
}
