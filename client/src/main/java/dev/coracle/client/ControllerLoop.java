package dev.coracle.client;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.client.Reconciler.Result;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a Reconciler over a WorkQueue: up to {@code concurrency} names at once, never one name twice
 * at once, failures again after their back-off, {@link Reconciler.TerminalException} not at all.
 * The reconciler is called on the context.
 *
 * <p>Names may be enqueued before {@link #start()}; they wait. Metrics: controller-runtime's {@code
 * controller_runtime_reconcile_*} with its {@code controller} and {@code result} labels.
 */
public final class ControllerLoop {

  private static final Logger LOG = LoggerFactory.getLogger(ControllerLoop.class);

  private final String name;
  private final Reconciler reconciler;
  private final int concurrency;
  private final SerialContext context;
  private final MeterRegistry registry;
  private final WorkQueue<NamespacedName> queue;
  private final AtomicInteger active;

  // Owned by the context.
  private boolean running;

  public ControllerLoop(
      String name,
      Reconciler reconciler,
      int concurrency,
      SerialContext context,
      MeterRegistry registry) {
    this.name = name;
    this.reconciler = reconciler;
    this.concurrency = concurrency;
    this.context = context;
    this.registry = registry;
    this.queue = new WorkQueue<>(name, context, registry);
    this.active = new AtomicInteger();
    registry.gauge(
        "controller_runtime_active_workers",
        io.micrometer.core.instrument.Tags.of("controller", name),
        active);
  }

  public WorkQueue<NamespacedName> queue() {
    return queue;
  }

  public void enqueue(NamespacedName key) {
    queue.add(key);
  }

  public void enqueue(KubeObject object) {
    queue.add(object.key());
  }

  public void enqueueAfter(NamespacedName key, Duration delay) {
    queue.addAfter(key, delay);
  }

  /** Enqueues every object of the informer whenever it changes. */
  public ControllerLoop follow(Informer informer) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject object) {
            enqueue(object);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            enqueue(now);
          }

          @Override
          public void deleted(KubeObject last) {
            enqueue(last);
          }
        });
    return this;
  }

  public void start() {
    queue.onReady(() -> context.execute(this::pump));
    context.execute(() -> {
      running = true;
      pump();
    });
  }

  /** No name is begun any more; those being worked on end by themselves. */
  public void stop() {
    queue.stop();
    context.execute(() -> running = false);
  }

  private void pump() {
    while (running && active.get() < concurrency) {
      Optional<NamespacedName> next = queue.poll();
      if (next.isEmpty()) {
        return;
      }
      reconcile(next.get());
    }
  }

  private void reconcile(NamespacedName key) {
    active.incrementAndGet();
    long begun = context.nanoTime();
    Uni<Result> work;
    try {
      work = reconciler.reconcile(key);
    } catch (RuntimeException e) {
      work = Uni.createFrom().failure(e);
    }
    work.emitOn(context)
        .subscribe()
        .with(result -> succeeded(key, result, begun), failure -> failed(key, failure, begun));
  }

  private void succeeded(NamespacedName key, Result result, long begun) {
    queue.forget(key);
    finish(
        key,
        switch (result) {
          case Result.Done _ -> "success";
          case Result.RequeueAfter again -> {
            queue.addAfter(key, again.delay());
            yield "requeue_after";
          }
        },
        begun);
  }

  private void failed(NamespacedName key, Throwable failure, long begun) {
    boolean terminal = failure instanceof Reconciler.TerminalException;
    if (isExpected(failure)) {
      LOG.atDebug()
          .addKeyValue("controller", name)
          .addKeyValue("namespace", key.namespace())
          .addKeyValue("name", key.name())
          .addKeyValue("failure", failure.toString())
          .log("A reconcile came too late or too early; it is tried again");
    } else if (running) {
      var line =
          LOG.atWarn()
              .addKeyValue("controller", name)
              .addKeyValue("namespace", key.namespace())
              .addKeyValue("name", key.name())
              .addKeyValue("failure", failure.toString());
      if (!(failure instanceof StatusException) && !terminal) {
        line = line.setCause(failure);
      }
      line.log(terminal ? "A reconcile failed for good" : "A reconcile failed; it is tried again");
    }
    registry.counter("controller_runtime_reconcile_errors_total", "controller", name).increment();
    if (terminal) {
      registry
          .counter("controller_runtime_terminal_reconcile_errors_total", "controller", name)
          .increment();
      queue.forget(key);
    } else {
      queue.addRateLimited(key);
    }
    finish(key, "error", begun);
  }

  /**
   * Lost races mend themselves with the next event, and what a namespace that ends does not take
   * any more is not wanted there: no lines for an administrator. Several calls at once fail as one.
   */
  private static boolean isExpected(Throwable failure) {
    return failure instanceof CompositeException several
        ? several.getCauses().stream().allMatch(ControllerLoop::isExpected)
        : StatusException.isConflict(failure)
            || StatusException.isNotFound(failure)
            || StatusException.isAlreadyExists(failure)
            || StatusException.isNamespaceTerminating(failure);
  }

  private void finish(NamespacedName key, String result, long begun) {
    registry
        .timer("controller_runtime_reconcile_time", "controller", name)
        .record(context.nanoTime() - begun, TimeUnit.NANOSECONDS);
    registry
        .counter("controller_runtime_reconcile_total", "controller", name, "result", result)
        .increment();
    active.decrementAndGet();
    queue.done(key);
    pump();
  }
}
