package dev.coracle.criruntime.server;

import dev.coracle.cri.v1.ContainerEventResponse;
import io.vertx.core.Context;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.StatusException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * One subscriber's stream of container events. A subscriber that is slower than the events gets a
 * bounded backlog; beyond that its stream ends with RESOURCE_EXHAUSTED, and it lists and subscribes
 * again. State belongs to the stream's context.
 */
public final class EventStream implements Events.Subscriber {
  private final Events events;
  private final WriteStream<ContainerEventResponse> response;
  private final Context context;
  private final int maxBacklog;
  private final Queue<ContainerEventResponse> backlog = new ArrayDeque<>();
  private boolean ended;

  private EventStream(
      Events events,
      WriteStream<ContainerEventResponse> response,
      Context context,
      int maxBacklog) {
    this.events = events;
    this.response = response;
    this.context = context;
    this.maxBacklog = maxBacklog;
  }

  public static void serve(
      Events events,
      WriteStream<ContainerEventResponse> response,
      Context context,
      int maxBacklog) {
    EventStream stream = new EventStream(events, response, context, maxBacklog);
    response.exceptionHandler(e -> stream.end());
    response.drainHandler(v -> stream.flush());
    if (response instanceof io.vertx.grpc.server.GrpcServerResponse<?, ?> grpc) {
      // The subscriber's call must see that it is open, before the first event.
      grpc.writeHead();
    }
    events.subscribe(stream);
  }

  @Override
  public void event(ContainerEventResponse event) {
    context.runOnContext(v -> {
      if (ended) {
        return;
      }
      backlog.add(event);
      if (backlog.size() > maxBacklog) {
        end();
        Streams.fail(
            response,
            new StatusException(
                GrpcStatus.RESOURCE_EXHAUSTED, "container events were read too slowly"));
      } else {
        flush();
      }
    });
  }

  private void flush() {
    while (!ended && !backlog.isEmpty() && !response.writeQueueFull()) {
      response.write(backlog.remove()).onFailure(e -> end());
    }
  }

  private void end() {
    ended = true;
    backlog.clear();
    events.unsubscribe(this);
  }
}
