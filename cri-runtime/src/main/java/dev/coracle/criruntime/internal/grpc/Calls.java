package dev.coracle.criruntime.internal.grpc;

import dev.coracle.criruntime.internal.container.StartException;
import dev.coracle.criruntime.internal.pod.NotFoundException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.StatusException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a CRI call on a virtual thread and turns its failure into a gRPC status, in one place. */
public final class Calls {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  private final Vertx vertx;
  private final Executor executor;
  private final MeterRegistry metrics;

  public Calls(Vertx vertx, Executor executor, MeterRegistry metrics) {
    this.vertx = vertx;
    this.executor = executor;
    this.metrics = metrics;
  }

  Executor executor() {
    return executor;
  }

  <T> Future<T> run(String operation, Callable<T> call) {
    Context context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    executor.execute(() -> {
      Timer.Sample sample = Timer.start(metrics);
      try {
        T result = call.call();
        stop(sample, operation, "");
        context.runOnContext(v -> promise.complete(result));
      } catch (Throwable t) {
        stop(sample, operation, t.getClass().getSimpleName());
        StatusException status = status(operation, t);
        context.runOnContext(v -> promise.fail(status));
      }
    });
    return promise.future();
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
          case java.util.concurrent.TimeoutException e -> GrpcStatus.DEADLINE_EXCEEDED;
          default -> GrpcStatus.UNKNOWN;
        };
    if (status == GrpcStatus.UNKNOWN && !(t instanceof StartException)) {
      LOG.atWarn().addKeyValue("operation", operation).setCause(t).log("CRI call failed");
    }
    return new StatusException(status, message);
  }
}
