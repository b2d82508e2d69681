package dev.coracle.criruntime.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.StatusException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** Runs a CRI call on a virtual thread and turns its failure into a gRPC status, in one place. */
public final class Calls {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  /** What makes something that would be left behind if it came after the end. */
  private static final Set<String> MAKING =
      Set.of("RunPodSandbox", "CreateContainer", "StartContainer");

  private static final long DRAIN_SECONDS = 10;

  private final Vertx vertx;
  private final Executor executor;
  private final MeterRegistry metrics;

  /** One party for each call that makes something, and one for {@link #drain}. */
  private final Phaser making = new Phaser(1);

  private volatile boolean draining;

  public Calls(Vertx vertx, Executor executor, MeterRegistry metrics) {
    this.vertx = vertx;
    this.executor = executor;
    this.metrics = metrics;
  }

  public Executor executor() {
    return executor;
  }

  /** Refuses to make anything more, and returns when nothing is being made. */
  public void drain() throws InterruptedException {
    draining = true;
    try {
      making.awaitAdvanceInterruptibly(making.arrive(), DRAIN_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      LOG.atWarn()
          .addKeyValue("calls", making.getUnarrivedParties())
          .log("calls are still underway while the runtime stops");
    }
  }

  /** Runs the call; its timer's name is the operation's. */
  public <T> Future<T> run(String operation, Callable<T> call) {
    return start(operation, MAKING.contains(operation) ? () -> making(call) : call);
  }

  private <T> T making(Callable<T> call) throws Exception {
    making.register();
    try {
      if (draining) {
        throw new IllegalStateException("the container runtime is stopping");
      }
      return call.call();
    } finally {
      making.arriveAndDeregister();
    }
  }

  private <T> Future<T> start(String operation, Callable<T> call) {
    Context context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    executor.execute(() -> {
      Timer.Sample sample = Timer.start(metrics);
      try {
        T result = call.call();
        stop(sample, operation, "");
        context.runOnContext(_ -> answer(operation, () -> promise.complete(result)));
      } catch (Throwable t) {
        stop(sample, operation, t.getClass().getSimpleName());
        StatusException status = status(operation, t);
        context.runOnContext(_ -> answer(operation, () -> promise.fail(status)));
      }
    });
    return promise.future();
  }

  /**
   * Completes the call, on its context. gRPC's stream throws where its caller has cancelled it
   * meanwhile, as one does whose own time is over: there is nobody to answer, and nothing is wrong.
   */
  private static void answer(String operation, Runnable completion) {
    try {
      completion.run();
    } catch (IllegalStateException e) {
      LOG.atDebug()
          .addKeyValue("operation", operation)
          .addKeyValue("reason", e.getMessage())
          .log("the caller has gone before the answer");
    }
  }

  private void stop(Timer.Sample sample, String operation, String error) {
    sample.stop(
        Timer.builder("coracle.cri.operations.duration")
            .description("CRI calls by operation; error is empty for success")
            .tag("operation", operation)
            .tag("error", error)
            .register(metrics));
  }

  static StatusException status(String operation, Throwable t) {
    String message = t.getMessage() == null ? t.toString() : t.getMessage();
    GrpcStatus status =
        switch (t) {
          case NotFoundException e -> GrpcStatus.NOT_FOUND;
          case IllegalArgumentException e -> GrpcStatus.INVALID_ARGUMENT;
          case UnsupportedOperationException e -> GrpcStatus.UNIMPLEMENTED;
          case IllegalStateException e -> GrpcStatus.FAILED_PRECONDITION;
          case TimeoutException e -> GrpcStatus.DEADLINE_EXCEEDED;
          default -> GrpcStatus.UNKNOWN;
        };
    if (status == GrpcStatus.UNKNOWN && !(t instanceof StartException)) {
      log(operation, t);
    }
    return new StatusException(status, message);
  }

  /**
   * What the world outside does, such as a registry without the image, needs no trace: what it says
   * is enough, and it is said again with each try.
   */
  private static void log(String operation, Throwable t) {
    LoggingEventBuilder event = LOG.atWarn().addKeyValue("operation", operation);
    if (t instanceof IOException) {
      event.addKeyValue("reason", t.toString()).log("CRI call failed");
    } else {
      event.setCause(t).log("CRI call failed");
    }
  }
}
