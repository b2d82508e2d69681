package dev.coracle.watchhub.internal.etcd;

import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.internal.etcd.v3.Event;
import dev.coracle.watchhub.internal.etcd.v3.WatchCreateRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.WatchProgressRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchResponse;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watch on etcd, on a stream of its own, so that a slow subscriber holds up nobody else: its
 * demand is passed to HTTP/2 flow control. When the stream breaks, the watch is taken up again at
 * the next endpoint from the last revision seen. Everything happens on one event-loop context.
 */
final class EtcdWatch implements Flow.Subscription {

  private static final Logger LOG = LoggerFactory.getLogger(EtcdWatch.class);
  private static final long PING_MILLIS = 10_000;

  private final EtcdChannel channel;
  private final Context context;
  private final String prefix;
  private final boolean previous;
  private final Flow.Subscriber<? super ChangeBatch> subscriber;
  private final Consumer<EtcdWatch> opened;
  private final Consumer<EtcdWatch> ended;
  private long next;
  private long demand;
  private boolean greeted;
  private boolean over;
  private long pause = 20;
  private long pinger = -1;
  private @Nullable ChangeBatch held;
  private @Nullable GrpcClientRequest<WatchRequest, WatchResponse> request;
  private @Nullable GrpcClientResponse<WatchRequest, WatchResponse> response;

  /** The latest revision that the subscriber was told of. */
  private volatile long seen;

  /**
   * @param opened hears each time that etcd has taken the watch up
   * @param ended hears once that it is over
   */
  EtcdWatch(
      EtcdChannel channel,
      String prefix,
      long from,
      boolean previous,
      Flow.Subscriber<? super ChangeBatch> subscriber,
      Consumer<EtcdWatch> opened,
      Consumer<EtcdWatch> ended) {
    this.channel = channel;
    this.context = ((VertxInternal) channel.vertx()).createEventLoopContext();
    this.prefix = prefix;
    this.next = from;
    this.previous = previous;
    this.subscriber = subscriber;
    this.opened = opened;
    this.ended = ended;
  }

  void start() {
    subscriber.onSubscribe(this);
    context.runOnContext(_ -> connect());
  }

  long seen() {
    return seen;
  }

  String prefix() {
    return prefix;
  }

  @Override
  public void request(long n) {
    context.runOnContext(_ -> {
      demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
      deliver();
    });
  }

  @Override
  public void cancel() {
    context.runOnContext(_ -> end());
  }

  /** Asks etcd to say how far it is. */
  void askProgress() {
    context.runOnContext(_ -> {
      GrpcClientRequest<WatchRequest, WatchResponse> stream = request;
      if (stream != null && response != null) {
        stream.write(
            WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
      }
    });
  }

  private void connect() {
    if (over) {
      return;
    }
    int endpoint = channel.endpoint();
    channel.stream(WatchGrpcClient.Watch)
        .onFailure(e -> context.runOnContext(_ -> broke(endpoint, null, e)))
        .onSuccess(stream -> context.runOnContext(_ -> open(endpoint, stream)));
  }

  private void open(int endpoint, GrpcClientRequest<WatchRequest, WatchResponse> stream) {
    if (over) {
      stream.cancel();
      return;
    }
    request = stream;
    stream.exceptionHandler(e -> context.runOnContext(_ -> broke(endpoint, stream, e)));
    stream
        .response()
        .onFailure(e -> context.runOnContext(_ -> broke(endpoint, stream, e)))
        .onSuccess(r -> opened(endpoint, stream, r));
    WatchCreateRequest.Builder create =
        WatchCreateRequest.newBuilder()
            .setKey(prefix.isEmpty() ? EtcdCodec.endOfPrefix("") : EtcdCodec.key(prefix))
            .setRangeEnd(EtcdCodec.endOfPrefix(prefix))
            .setProgressNotify(true)
            .setPrevKv(previous);
    if (next > 0) {
      create.setStartRevision(next);
    }
    stream.write(WatchRequest.newBuilder().setCreateRequest(create).build());
    pinger = channel.vertx().setPeriodic(PING_MILLIS, _ -> ping(endpoint, stream));
  }

  /** Finds out about a peer that went away without a word. */
  private void ping(int endpoint, GrpcClientRequest<WatchRequest, WatchResponse> stream) {
    long timer =
        channel
            .vertx()
            .setTimer(
                PING_MILLIS,
                _ ->
                    context.runOnContext(
                        _ -> broke(endpoint, stream, new IllegalStateException("no pong"))));
    stream
        .connection()
        .ping(Buffer.buffer(new byte[8]))
        .onComplete(_ -> channel.vertx().cancelTimer(timer));
  }

  private void opened(
      int endpoint,
      GrpcClientRequest<WatchRequest, WatchResponse> stream,
      GrpcClientResponse<WatchRequest, WatchResponse> r) {
    r.pause();
    EtcdChannel.listen(
        WatchGrpcClient.Watch,
        r,
        message -> context.runOnContext(_ -> received(stream, message)),
        e -> context.runOnContext(_ -> broke(endpoint, stream, e)));
    r.exceptionHandler(e -> context.runOnContext(_ -> broke(endpoint, stream, e)));
    r.endHandler(_ -> context.runOnContext(_ -> broke(endpoint, stream, EtcdChannel.failure(r))));
    r.fetch(1);
    context.runOnContext(_ -> {
      if (request == stream) {
        response = r;
      }
    });
  }

  private void received(
      GrpcClientRequest<WatchRequest, WatchResponse> stream, WatchResponse message) {
    if (over || request != stream) {
      return;
    }
    pause = 20;
    if (message.getCanceled()) {
      fail(
          message.getCompactRevision() > 0
              ? new StorageException.Compacted(message.getCompactRevision())
              : new StorageException.Unavailable(
                  "etcd ended the watch: " + message.getCancelReason()));
      return;
    }
    long header = message.getHeader().getRevision();
    if (message.getCreated()) {
      if (next == 0) {
        next = header + 1;
      }
      if (greeted) {
        fetch();
      } else {
        hold(new ChangeBatch(Math.min(next - 1, header), List.of()));
      }
      opened.accept(this);
      return;
    }
    List<StorageChange> changes = new ArrayList<>(message.getEventsCount());
    for (Event event : message.getEventsList()) {
      if (event.getKv().getModRevision() >= next && !isMarker(event)) {
        changes.add(change(event));
      }
    }
    long last =
        message.getEventsCount() == 0
            ? header
            : message.getEvents(message.getEventsCount() - 1).getKv().getModRevision();
    if (last < next) {
      fetch(); // nothing that was not known
      return;
    }
    next = last + 1;
    hold(new ChangeBatch(last, changes));
  }

  private boolean isMarker(Event event) {
    return event.getKv().getKey().toStringUtf8().equals(prefix + Progress.MARKER);
  }

  private StorageChange change(Event event) {
    KeyValue kv = EtcdCodec.keyValue(event.getKv());
    KeyValue before = event.hasPrevKv() ? EtcdCodec.keyValue(event.getPrevKv()) : null;
    return event.getType() == Event.Type.DELETE
        ? new StorageChange.Delete(kv.key(), kv.modRevision(), before)
        : new StorageChange.Put(kv, before);
  }

  private void hold(ChangeBatch batch) {
    held = batch;
    deliver();
  }

  private void deliver() {
    ChangeBatch batch = held;
    if (over || batch == null || demand == 0) {
      return;
    }
    held = null;
    greeted = true;
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    seen = Math.max(seen, batch.revision());
    subscriber.onNext(batch);
    fetch();
  }

  private void fetch() {
    GrpcClientResponse<WatchRequest, WatchResponse> r = response;
    if (r != null && !over) {
      r.fetch(1);
    }
  }

  private void broke(
      int endpoint,
      @Nullable GrpcClientRequest<WatchRequest, WatchResponse> stream,
      Throwable why) {
    if (over || stream != null && request != stream) {
      return;
    }
    LOG.atInfo()
        .addKeyValue("prefix", prefix)
        .addKeyValue("from", next)
        .addKeyValue("why", why.getMessage())
        .log("a watch on etcd was interrupted and is taken up again");
    drop();
    channel.leave(endpoint);
    channel.vertx().setTimer(pause, _ -> context.runOnContext(_ -> connect()));
    pause = Math.min(pause * 2, 2000);
  }

  private void drop() {
    GrpcClientRequest<WatchRequest, WatchResponse> stream = request;
    request = null;
    response = null;
    channel.vertx().cancelTimer(pinger);
    if (stream != null) {
      stream.cancel();
    }
  }

  void fail(StorageException why) {
    context.runOnContext(_ -> {
      if (!over) {
        end();
        subscriber.onError(why);
      }
    });
  }

  private void end() {
    if (!over) {
      over = true;
      held = null;
      drop();
      ended.accept(this);
    }
  }
}
