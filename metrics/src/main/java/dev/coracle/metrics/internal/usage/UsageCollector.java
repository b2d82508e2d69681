package dev.coracle.metrics.internal.usage;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.Client;
import dev.coracle.client.SerialContext;
import dev.coracle.metrics.KubeletSource;
import dev.coracle.metrics.config.MetricsServerOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads kubelets while somebody asks. The first question after a rest takes two rounds, a warm-up
 * apart, since usage is the difference of two samples; then a round follows every resolution, until
 * nobody has asked for the idle time. Then all is forgotten and no timer is left.
 *
 * <p>All state belongs to the serial context.
 */
public final class UsageCollector {

  private static final Logger LOG = LoggerFactory.getLogger(UsageCollector.class);
  private static final int MOST_WAITING = 1000;
  private static final int MOST_WARM_UPS = 4;

  private final SerialContext context;
  private final Client client;
  private final KubeletSource kubelets;
  private final MetricsServerOptions options;
  private final MeterRegistry meters;

  private final Map<String, NodeSamples> before = new HashMap<>();
  private final Map<String, NodeSamples> latest = new HashMap<>();
  private final List<UniEmitter<? super Snapshot>> waiting = new ArrayList<>();
  private Snapshot snapshot = Snapshot.EMPTY;
  private Instant lastAsked = Instant.MIN;
  private Instant lastRound = Instant.MIN;
  private int warmUps;
  private boolean warm;
  private boolean reading;
  private boolean stopped;
  private SerialContext.@Nullable Timer timer;

  public UsageCollector(
      SerialContext context,
      Client client,
      KubeletSource kubelets,
      MetricsServerOptions options,
      MeterRegistry meters) {
    this.context = context;
    this.client = client;
    this.kubelets = kubelets;
    this.options = options;
    this.meters = meters;
  }

  /** Usage not older than two resolutions. */
  public Uni<Snapshot> ask() {
    return Uni.createFrom().emitter(emitter -> context.execute(() -> asked(emitter)));
  }

  /** Ends reading; questions fail from now on. */
  public void stop() {
    context.execute(() -> {
      stopped = true;
      rest();
      answer(StatusException.unavailable("the metrics server has stopped"));
    });
  }

  private void asked(UniEmitter<? super Snapshot> emitter) {
    if (stopped) {
      emitter.fail(StatusException.unavailable("the metrics server has stopped"));
      return;
    }
    Instant now = context.clock().instant();
    lastAsked = now;
    if (warm && age(lastRound, now).compareTo(options.resolution().multipliedBy(2)) <= 0) {
      emitter.complete(snapshot);
      return;
    }
    if (waiting.size() >= MOST_WAITING) {
      emitter.fail(StatusException.tooManyRequests("too many questions for usage", 1));
      return;
    }
    waiting.add(emitter);
    if (timer == null && !reading) {
      round();
    }
  }

  private static Duration age(Instant then, Instant now) {
    return then.equals(Instant.MIN) ? Duration.ofDays(1) : Duration.between(then, now);
  }

  private void round() {
    timer = null;
    reading = true;
    client
        .list(Resources.NODES, "", ListOptions.ALL)
        .onItem()
        .transformToMulti(list -> Multi.createFrom().iterable(list.items()))
        .onItem()
        .transformToUni(this::read)
        .merge(options.concurrency())
        .collect()
        .asList()
        .subscribe()
        .with(
            all -> context.execute(() -> done(all)),
            failure -> context.execute(() -> failed(failure)));
  }

  private record Read(String node, @Nullable NodeSamples samples) {}

  private Uni<Read> read(KubeObject node) {
    String name = node.name();
    return kubelets
        .read(node)
        .ifNoItem()
        .after(options.timeout())
        .fail()
        .map(text -> new Read(name, NodeSamples.parse(text, context.clock().instant())))
        .onFailure()
        .recoverWithItem(failure -> {
          LOG.atDebug()
              .addKeyValue("node", name)
              .addKeyValue("error", failure.toString())
              .log("Usage of a node cannot be read");
          return new Read(name, null);
        })
        .invoke(read ->
            meters
                .counter(
                    "metrics_server_kubelet_request",
                    "node",
                    name,
                    "success",
                    Boolean.toString(read.samples != null))
                .increment());
  }

  private void done(List<Read> all) {
    reading = false;
    if (stopped) {
      return;
    }
    List<String> names = all.stream().map(Read::node).toList();
    latest.keySet().retainAll(names);
    before.keySet().retainAll(names);
    for (Read read : all) {
      @Nullable NodeSamples old = latest.get(read.node());
      @Nullable NodeSamples samples = read.samples();
      if (samples == null || (old != null && !samples.node().time().isAfter(old.node().time()))) {
        continue; // Not read, or the kubelet has not measured anew.
      }
      if (old != null) {
        before.put(read.node(), old);
      }
      latest.put(read.node(), samples);
    }
    lastRound = context.clock().instant();
    snapshot = Snapshot.of(before, latest);
    warm = warm || before.keySet().containsAll(latest.keySet()) || ++warmUps >= MOST_WARM_UPS;
    if (warm) {
      List<UniEmitter<? super Snapshot>> asking = List.copyOf(waiting);
      waiting.clear();
      asking.forEach(emitter -> emitter.complete(snapshot));
    }
    next();
  }

  private void failed(Throwable failure) {
    reading = false;
    answer(failure);
    next();
  }

  private void next() {
    Instant now = context.clock().instant();
    if (stopped || (waiting.isEmpty() && age(lastAsked, now).compareTo(options.idle()) > 0)) {
      rest();
      return;
    }
    timer = context.schedule(warm ? options.resolution() : options.warmUp(), this::round);
  }

  private void rest() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    before.clear();
    latest.clear();
    snapshot = Snapshot.EMPTY;
    warm = false;
    warmUps = 0;
  }

  private void answer(Throwable failure) {
    List<UniEmitter<? super Snapshot>> asking = List.copyOf(waiting);
    waiting.clear();
    asking.forEach(emitter -> emitter.fail(failure));
  }
}
