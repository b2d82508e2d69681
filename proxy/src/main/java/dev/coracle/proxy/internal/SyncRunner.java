package dev.coracle.proxy.internal;

import dev.coracle.client.SerialContext;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the names of Services that changed and brings the backend up to date: at once when idle,
 * and while a change is under way everything that comes meanwhile goes together into the next one.
 * A failed change is tried again after a pause with all that came since. Lives on one context.
 */
final class SyncRunner {

  private static final Logger LOG = LoggerFactory.getLogger(SyncRunner.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final SerialContext context;
  private final Backend backend;
  private final Function<String, List<ServicePort>> compute;
  private final ProxyHealth health;
  private final ProxyMetrics metrics;

  /** What the backend has, by Service and by key. */
  private final Map<String, Map<String, ServicePort>> applied = new HashMap<>();

  private final Set<String> dirty = new HashSet<>();
  private final List<Runnable> whenIdle = new ArrayList<>();
  private long dirtySince;
  private boolean running;
  private boolean stopped;
  private SerialContext.@Nullable Timer retry;
  private int ports;

  /**
   * @param compute what a Service, named {@code namespace/name}, means now; empty when it is gone
   */
  SyncRunner(
      SerialContext context,
      Backend backend,
      Function<String, List<ServicePort>> compute,
      ProxyHealth health,
      ProxyMetrics metrics) {
    this.context = context;
    this.backend = backend;
    this.compute = compute;
    this.health = health;
    this.metrics = metrics;
  }

  void changed(String service) {
    if (dirty.isEmpty()) {
      dirtySince = context.nanoTime();
      health.queued();
    }
    dirty.add(service);
    if (!running && retry == null) {
      running = true;
      context.execute(this::run); // What else this turn of the loop brings goes along.
    }
  }

  /** Completes when everything given so far is in effect. */
  Uni<Void> settled() {
    return Uni.createFrom()
        .emitter(emitter ->
            context.execute(() -> {
              if (running || !dirty.isEmpty()) {
                whenIdle.add(() -> emitter.complete(null));
              } else {
                emitter.complete(null);
              }
            }));
  }

  void stop() {
    stopped = true;
    if (retry != null) {
      retry.cancel();
    }
  }

  private void run() {
    if (stopped || dirty.isEmpty()) {
      idle();
      return;
    }
    Set<String> names = new HashSet<>(dirty);
    dirty.clear();
    long begin = context.nanoTime();
    long since = dirtySince;
    List<ServicePort> changed = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    Map<String, Map<String, ServicePort>> next = new HashMap<>();
    for (String name : names) {
      Map<String, ServicePort> before = applied.getOrDefault(name, Map.of());
      Map<String, ServicePort> now = new HashMap<>();
      compute.apply(name).forEach(p -> now.put(p.key(), p));
      now.values().stream().filter(p -> !p.equals(before.get(p.key()))).forEach(changed::add);
      before.keySet().stream().filter(k -> !now.containsKey(k)).forEach(removed::add);
      next.put(name, now);
    }
    if (changed.isEmpty() && removed.isEmpty()) {
      done(next);
      return;
    }
    Supplier<Uni<Void>> attempt = () -> backend.apply(changed, removed);
    Uni.createFrom()
        .deferred(attempt::get)
        .emitOn(context)
        .subscribe()
        .with(
            _ -> {
              done(next);
              metrics.synced(context.nanoTime() - begin, context.nanoTime() - since, ports);
            },
            failure -> failed(names, failure));
  }

  private void done(Map<String, Map<String, ServicePort>> next) {
    next.forEach((name, now) -> {
      Map<String, ServicePort> before =
          now.isEmpty() ? applied.remove(name) : applied.put(name, now);
      ports += now.size() - (before == null ? 0 : before.size());
    });
    health.updated(!dirty.isEmpty());
    run();
  }

  private void failed(Set<String> names, Throwable failure) {
    metrics.failed();
    LOG.atWarn()
        .addKeyValue("backend", backend.name())
        .addKeyValue("services", names.size())
        .addKeyValue("cause", failure.getMessage())
        .log("Service rules could not be changed; trying again");
    dirty.addAll(names);
    running = false;
    retry =
        context.schedule(
            RETRY,
            () -> {
              retry = null;
              running = true;
              run();
            });
  }

  private void idle() {
    running = false;
    List<Runnable> waiting = new ArrayList<>(whenIdle);
    whenIdle.clear();
    waiting.forEach(Runnable::run);
  }
}
