package dev.coracle.kubelet.internal.sync;

import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one worker of one pod. A virtual thread runs while there is something to do and never two at
 * once; what happens meanwhile only notes that there is more. A pod goes one way: SYNCING (make it
 * run), TERMINATING (end its containers), TERMINATED (give its resources back, and the object too
 * when it is being deleted), FINISHED.
 *
 * <p>Guarded by its own lock, except the phase's work.
 */
final class PodWorker {
  enum Phase {
    SYNCING,
    TERMINATING,
    TERMINATED,
    FINISHED
  }

  /** What the work on a pod came to: when to come back without being called, empty for not. */
  record Next(Phase phase, Optional<Duration> again) {
    static Next stay(Phase phase) {
      return new Next(phase, Optional.empty());
    }
  }

  /** The work itself; blocks. */
  interface Steps {
    Next sync(PodWorker worker);

    Next terminate(PodWorker worker);

    Next terminated(PodWorker worker);

    /** The pod gets less time to end than it was given, while {@link #terminate} waits for it. */
    void hurry(PodWorker worker);

    /** Something of the pod may have changed while {@link #terminate} waits for its containers. */
    void glance(PodWorker worker);
  }

  private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);

  private final PodContext context;
  private final Steps steps;
  private final Timers timers;
  private final Consumer<PodWorker> finished;
  private Phase phase = Phase.SYNCING;
  private boolean pending;
  private boolean running;
  private boolean terminationAsked;
  private boolean stopped;
  private boolean removed;
  private OptionalLong grace = OptionalLong.empty();
  private Optional<Verdict> verdict = Optional.empty();
  private Timers.@Nullable Handle timer;
  private boolean reported;
  private int failures;
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  /**
   * @param finished hears, once, of the end of a pod that is gone from its source
   */
  PodWorker(PodContext context, Steps steps, Timers timers, Consumer<PodWorker> finished) {
    this.context = context;
    this.steps = steps;
    this.timers = timers;
    this.finished = finished;
  }

  PodContext context() {
    return context;
  }

  synchronized Phase phase() {
    return phase;
  }

  /** Completes when the pod's containers have all ended and its last status is on its way. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  /** What the pod gets to end: it only ever becomes less. */
  synchronized long graceSeconds() {
    Pod pod = context.pod();
    long own = Math.max(0, pod.gracePeriodSeconds());
    return grace.isEmpty()
        ? own
        : pod.isDeleting() ? Math.min(grace.getAsLong(), own) : grace.getAsLong();
  }

  /** Whether it was told to end. */
  synchronized boolean isToEnd() {
    return terminationAsked;
  }

  private boolean isEnding() {
    return phase == Phase.TERMINATING && running && !stopped;
  }

  synchronized Optional<Verdict> verdict() {
    return verdict;
  }

  /** Whether the pod's object is gone from its source. */
  synchronized boolean isRemoved() {
    return removed;
  }

  /** A newer version of the pod. */
  void update(Pod pod) {
    boolean hurry;
    synchronized (this) {
      boolean shorter =
          pod.isDeleting() && pod.gracePeriodSeconds() < context.pod().gracePeriodSeconds();
      context.update(pod);
      if (pod.isDeleting() && (!terminationAsked || shorter)) {
        terminationAsked = true;
        context.cancel();
      }
      hurry = shorter && isEnding();
    }
    if (hurry) {
      timers.execute(() -> steps.hurry(this));
    }
    poke();
  }

  /** A newer version that changes nothing for the kubelet. */
  void note(Pod pod) {
    context.update(pod);
  }

  /** The pod must end, whatever its spec says. */
  void terminate(OptionalLong graceSeconds, Optional<Verdict> why, boolean gone) {
    boolean hurry;
    synchronized (this) {
      if (!terminationAsked) {
        context.cancel();
      }
      hurry = graceSeconds.isPresent() && graceSeconds.getAsLong() < graceSeconds() && isEnding();
      terminationAsked = true;
      removed |= gone;
      if (graceSeconds.isPresent() && (grace.isEmpty() || !isEnding() || hurry)) {
        grace = graceSeconds;
      }
      if (verdict.isEmpty()) {
        verdict = why;
      }
    }
    if (hurry) {
      timers.execute(() -> steps.hurry(this));
    }
    poke();
  }

  /** Something may have changed: work again. */
  void poke() {
    synchronized (this) {
      if (stopped) {
        return;
      }
      pending = true;
      if (running) {
        return;
      }
      running = true;
    }
    try {
      timers.execute(this::run);
    } catch (java.util.concurrent.RejectedExecutionException e) {
      stop();
    }
  }

  /** Something may have changed on the machine: told of at once, even while the pod ends. */
  void touched() {
    boolean ending;
    synchronized (this) {
      ending = isEnding();
    }
    if (ending) {
      timers.execute(() -> steps.glance(this));
    }
    poke();
  }

  /** No more work, now or later; what runs in the runtime is left alone. */
  void stop() {
    synchronized (this) {
      stopped = true;
      if (timer != null) {
        timer.cancel();
      }
      if (!running) {
        quiet.complete(null);
      }
    }
    context.cancel();
  }

  /** Completes after {@link #stop}, when the work that was being done has ended. */
  CompletableFuture<Void> quiet() {
    return quiet;
  }

  private void run() {
    while (true) {
      Phase now;
      synchronized (this) {
        if (!pending || stopped) {
          running = false;
          if (stopped) {
            quiet.complete(null);
          }
          return;
        }
        pending = false;
        if (timer != null) {
          timer.cancel();
          timer = null;
        }
        if (phase == Phase.SYNCING && terminationAsked) {
          phase = Phase.TERMINATING;
          context.clearCancel();
        }
        now = phase;
      }
      step(now);
    }
  }

  private void step(Phase now) {
    Next next;
    try {
      next =
          switch (now) {
            case SYNCING -> steps.sync(this);
            case TERMINATING -> steps.terminate(this);
            case TERMINATED -> steps.terminated(this);
            case FINISHED -> Next.stay(Phase.FINISHED);
          };
      failures = 0;
    } catch (RuntimeException e) {
      synchronized (this) {
        if (stopped) {
          return; // What it needed went away with the kubelet.
        }
      }
      Duration wait = Duration.ofMillis(Math.min(10_000, 250L << Math.min(6, failures++)));
      LOG.atWarn()
          .addKeyValue("pod", context.pod().key())
          .addKeyValue("phase", now)
          .addKeyValue("retryMillis", wait.toMillis())
          .setCause(e instanceof dev.coracle.kubelet.spi.CriException ? null : e)
          .log("A pod could not be synced: {}", e.toString());
      next = new Next(now, Optional.of(wait));
    }
    synchronized (this) {
      if (next.phase() != now) {
        phase = next.phase();
        if (phase == Phase.TERMINATED || phase == Phase.FINISHED) {
          ended.complete(null);
        }
        pending |= phase != Phase.FINISHED;
      }
      if (next.again().isPresent() && !stopped) {
        Duration delay = next.again().get();
        if (delay.isZero()) {
          pending = true;
        } else {
          timer = timers.after(delay, this::poke);
        }
      }
      if (phase != Phase.FINISHED || !removed || reported) {
        return;
      }
      reported = true;
    }
    finished.accept(this);
  }
}
