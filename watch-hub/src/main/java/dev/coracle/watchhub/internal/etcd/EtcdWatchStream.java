package dev.coracle.watchhub.internal.etcd;

import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.internal.embedded.Engine;
import dev.coracle.watchhub.internal.etcd.v3.Event;
import dev.coracle.watchhub.internal.etcd.v3.StoredKey;
import dev.coracle.watchhub.internal.etcd.v3.WatchCreateRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchResponse;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.vertx.core.Context;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One client's watch stream: any number of watches on it. Each asks the engine for one batch at a
 * time, and only while the socket takes them. One event-loop context's alone.
 */
final class EtcdWatchStream {

  private static final int MOST_WATCHES = 100_000;

  private final Engine engine;
  private final Context context;
  private final GrpcServerRequest<WatchRequest, WatchResponse> request;
  private final GrpcServerResponse<WatchRequest, WatchResponse> response;
  private final Map<Long, One> watches = new HashMap<>();
  private long lastId;
  private boolean ended;
  private boolean progressWanted;

  EtcdWatchStream(
      Engine engine, Context context, GrpcServerRequest<WatchRequest, WatchResponse> request) {
    this.engine = engine;
    this.context = context;
    this.request = request;
    this.response = request.response();
  }

  void start() {
    request.handler(this::received);
    request.endHandler(_ -> end(true));
    request.exceptionHandler(_ -> {
      end(false);
      EtcdService.fail(response, EtcdService.UNREADABLE); // or the client went away
    });
    request.invalidMessageHandler(e -> {
      end(false);
      EtcdService.fail(response, EtcdService.unreadable(e));
    });
    response.exceptionHandler(_ -> end(false));
    response.drainHandler(_ -> {
      request.resume();
      watches.values().forEach(One::more);
    });
    response.writeHead();
  }

  private void received(WatchRequest message) {
    switch (message.getRequestUnionCase()) {
      case CREATE_REQUEST -> create(message.getCreateRequest());
      case CANCEL_REQUEST -> {
        One one = watches.remove(message.getCancelRequest().getWatchId());
        if (one != null) {
          one.cancel();
          write(answer(one.id, one.at).setCanceled(true));
        }
      }
      case PROGRESS_REQUEST -> {
        progressWanted = true;
        progress();
      }
      case REQUESTUNION_NOT_SET -> {}
    }
  }

  private void create(WatchCreateRequest create) {
    if (watches.size() >= MOST_WATCHES) {
      write(
          answer(-1, 0)
              .setCreated(true)
              .setCanceled(true)
              .setCancelReason("etcdserver: too many watches on one stream"));
      return;
    }
    long id = create.getWatchId() == 0 ? nextId() : create.getWatchId();
    if (watches.containsKey(id)) {
      write(
          answer(id, 0)
              .setCreated(true)
              .setCanceled(true)
              .setCancelReason("etcdserver: mvcc: duplicate watch ID provided"));
      return;
    }
    One one = new One(id, create);
    watches.put(id, one);
    engine
        .revision()
        .subscribe()
        .with(
            now -> {
              one.at = now;
              write(answer(id, now).setCreated(true));
              long from = create.getStartRevision() > 0 ? create.getStartRevision() : now + 1;
              engine
                  .watchKeys(filter(create), from, create.getPrevKv())
                  .subscribe()
                  .withSubscriber(one);
            },
            failure -> one.onFailure(failure));
  }

  private long nextId() {
    long id = lastId;
    while (watches.containsKey(id)) {
      id++;
    }
    lastId = id + 1;
    return id;
  }

  private static Predicate<String> filter(WatchCreateRequest create) {
    String key = create.getKey().toStringUtf8();
    if (create.getRangeEnd().isEmpty()) {
      return key::equals;
    }
    String end = EtcdKv.end(create.getKey(), create.getRangeEnd());
    return k -> k.compareTo(key) >= 0 && (end.isEmpty() || k.compareTo(end) < 0);
  }

  private static WatchResponse.Builder answer(long id, long revision) {
    return WatchResponse.newBuilder().setHeader(EtcdKv.header(revision)).setWatchId(id);
  }

  /** Answered once every watch on the stream has reached the same revision. */
  private void progress() {
    if (!progressWanted || watches.isEmpty()) {
      return;
    }
    long least = watches.values().stream().mapToLong(w -> w.at).min().orElse(0);
    engine
        .revision()
        .subscribe()
        .with(
            now -> {
              if (progressWanted && least >= now) {
                progressWanted = false;
                write(answer(-1, now));
              }
            },
            _ -> end(false));
  }

  private void write(WatchResponse.Builder message) {
    if (ended) {
      return;
    }
    if (!EtcdService.send(() -> response.write(message.build()))) {
      end(false);
    } else if (response.writeQueueFull()) {
      request.pause(); // who does not take answers asks no further questions
    }
  }

  private void end(boolean politely) {
    if (!ended) {
      ended = true;
      watches.values().forEach(One::cancel);
      watches.clear();
      if (politely) {
        EtcdService.send(response::end);
      }
    }
  }

  /** One watch on the stream. */
  private final class One implements MultiSubscriber<ChangeBatch> {
    private final long id;
    private final boolean puts;
    private final boolean deletes;
    private long at;
    private boolean asked;
    private Flow.@Nullable Subscription subscription;

    One(long id, WatchCreateRequest create) {
      this.id = id;
      this.puts = !create.getFiltersList().contains(WatchCreateRequest.FilterType.NOPUT);
      this.deletes = !create.getFiltersList().contains(WatchCreateRequest.FilterType.NODELETE);
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
      context.runOnContext(_ -> {
        subscription = s;
        if (watches.get(id) == this) {
          more();
        } else {
          s.cancel();
        }
      });
    }

    void more() {
      Flow.Subscription s = subscription;
      if (s != null && !asked && !ended && !response.writeQueueFull()) {
        asked = true;
        s.request(1);
      }
    }

    void cancel() {
      Flow.Subscription s = subscription;
      if (s != null) {
        s.cancel();
      }
    }

    @Override
    public void onItem(ChangeBatch batch) {
      context.runOnContext(_ -> {
        asked = false;
        if (watches.get(id) != this) {
          return;
        }
        at = Math.max(at, batch.revision());
        WatchResponse.Builder message = answer(id, at);
        for (StorageChange change : batch.changes()) {
          switch (change) {
            case StorageChange.Put p -> {
              if (puts) {
                message.addEvents(
                    event(EtcdCodec.storedKey(p.current()), p.previous()).setType(Event.Type.PUT));
              }
            }
            case StorageChange.Delete d -> {
              if (deletes) {
                StoredKey.Builder gone =
                    StoredKey.newBuilder()
                        .setKey(EtcdCodec.key(d.key()))
                        .setModRevision(d.revision());
                message.addEvents(event(gone, d.previous()).setType(Event.Type.DELETE));
              }
            }
          }
        }
        if (message.getEventsCount() > 0) {
          write(message);
        }
        more();
        progress();
      });
    }

    private Event.Builder event(StoredKey.Builder kv, @Nullable KeyValue previous) {
      Event.Builder event = Event.newBuilder().setKv(kv);
      return previous == null ? event : event.setPrevKv(EtcdCodec.storedKey(previous));
    }

    @Override
    public void onFailure(Throwable failure) {
      context.runOnContext(_ -> {
        if (watches.remove(id) == this) {
          WatchResponse.Builder message = answer(id, at).setCanceled(true);
          if (failure instanceof StorageException.Compacted c) {
            message
                .setCompactRevision(c.compactRevision())
                .setCancelReason("etcdserver: mvcc: required revision has been compacted");
          } else {
            message.setCancelReason(String.valueOf(failure.getMessage()));
          }
          write(message);
        }
      });
    }

    @Override
    public void onCompletion() {
      onFailure(new StorageException.Unavailable("the watch has ended"));
    }
  }
}
