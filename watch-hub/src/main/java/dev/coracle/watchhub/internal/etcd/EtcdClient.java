package dev.coracle.watchhub.internal.etcd;

import com.google.protobuf.ByteString;
import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Range;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.Txn;
import dev.coracle.watchhub.config.EtcdOptions;
import dev.coracle.watchhub.internal.etcd.v3.CompactionRequest;
import dev.coracle.watchhub.internal.etcd.v3.KVGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrantRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrantResponse;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.LeaseKeepAliveRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseKeepAliveResponse;
import dev.coracle.watchhub.internal.etcd.v3.LeaseRevokeRequest;
import dev.coracle.watchhub.internal.etcd.v3.RangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.RangeResponse;
import dev.coracle.watchhub.internal.etcd.v3.ResponseOp;
import dev.coracle.watchhub.internal.etcd.v3.StoredKey;
import dev.coracle.watchhub.internal.etcd.v3.TxnResponse;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The storage contract's calls in etcd's words. Safe for any number of threads. */
public final class EtcdClient {

  /** Large lists are fetched in pieces of so many keys, all at the revision of the first. */
  private static final long CHUNK = 2000;

  private final Vertx vertx;
  private final EtcdOptions options;
  private final EtcdChannel channel;
  private final Progress progress;
  private final EtcdCompactor compactor;
  private volatile boolean open;

  public EtcdClient(Vertx vertx, EtcdOptions options, MeterRegistry metrics) {
    this.vertx = vertx;
    this.options = options;
    this.channel = new EtcdChannel(vertx, options, metrics);
    this.progress = new Progress(channel);
    this.compactor = new EtcdCompactor(vertx, this, options.compactEvery().toMillis());
  }

  public Uni<Void> open() {
    return uni("etcd", 0, progress::start)
        .invoke(() -> {
          open = true;
          compactor.start();
        });
  }

  public Uni<Void> close() {
    return Uni.createFrom()
        .deferred(() -> {
          open = false;
          compactor.stop();
          StorageException closed = new StorageException.Unavailable("the storage is closed");
          progress.watches().forEach(w -> w.fail(closed));
          return Uni.createFrom().completionStage(channel.close().toCompletionStage());
        });
  }

  private <T> Uni<T> uni(String what, long revision, Supplier<Future<T>> call) {
    return Uni.createFrom()
        .completionStage(() -> call.get().toCompletionStage())
        .onFailure(EtcdFailure.class)
        .transform(e -> ((EtcdFailure) e).storage(what, revision));
  }

  private <T> Uni<T> whenOpen(String what, long revision, Supplier<Future<T>> call) {
    return Uni.createFrom()
        .deferred(() ->
            open
                ? uni(what, revision, call)
                : Uni.createFrom()
                    .failure(new StorageException.Unavailable("the storage is not open")));
  }

  public Uni<Long> revision() {
    RangeRequest request =
        RangeRequest.newBuilder().setKey(EtcdCodec.key("/")).setCountOnly(true).build();
    return whenOpen("/", 0, () -> channel.call(KVGrpcClient.Range, request, true))
        .map(response -> response.getHeader().getRevision())
        .invoke(progress::expect);
  }

  public Uni<Optional<KeyValue>> get(String key, long revision) {
    RangeRequest request =
        RangeRequest.newBuilder().setKey(EtcdCodec.key(key)).setRevision(revision).build();
    return whenOpen(key, revision, () -> channel.call(KVGrpcClient.Range, request, true))
        .map(response -> response.getKvsList().stream().findFirst().map(EtcdCodec::keyValue));
  }

  public Uni<Range> list(String prefix, String after, long limit, long revision) {
    return list(prefix, after, limit, revision, -1, new ArrayList<>());
  }

  private Uni<Range> list(
      String prefix,
      String after,
      long limit,
      long revision,
      long knownCount,
      List<KeyValue> items) {
    ByteString from =
        after.isEmpty()
            ? prefix.isEmpty() ? EtcdCodec.endOfPrefix("") : EtcdCodec.key(prefix)
            : EtcdCodec.key(after).concat(ByteString.copyFrom(new byte[1]));
    long left = limit == 0 ? Long.MAX_VALUE : limit - items.size();
    RangeRequest request =
        RangeRequest.newBuilder()
            .setKey(from)
            .setRangeEnd(EtcdCodec.endOfPrefix(prefix))
            .setLimit(Math.min(left, CHUNK))
            .setRevision(revision)
            .build();
    return whenOpen(prefix, revision, () -> channel.call(KVGrpcClient.Range, request, true))
        .chain(response -> {
          for (StoredKey key : response.getKvsList()) {
            items.add(EtcdCodec.keyValue(key));
          }
          long at = revision > 0 ? revision : response.getHeader().getRevision();
          long count = knownCount < 0 ? response.getCount() : knownCount;
          boolean enough = limit > 0 && items.size() >= limit;
          if (response.getMore() && !enough) {
            if (!goesOn(response, from)) {
              return Uni.createFrom()
                  .failure(
                      new StorageException.Unavailable(
                          "etcd has more keys of " + prefix + " and does not give them"));
            }
            return list(prefix, items.getLast().key(), limit, at, count, items);
          }
          return Uni.createFrom().item(new Range(items, at, response.getMore(), count));
        });
  }

  /** Whether an answer has keys, and the last of them is not before what was asked for. */
  private static boolean goesOn(RangeResponse response, ByteString from) {
    int count = response.getKvsCount();
    return count > 0
        && ByteString.unsignedLexicographicalComparator()
                .compare(response.getKvs(count - 1).getKey(), from)
            >= 0;
  }

  public Uni<Txn.Result> txn(Txn txn) {
    boolean reads = txn.then().stream().allMatch(Txn.Op.Get.class::isInstance);
    return whenOpen("txn", 0, () -> channel.call(KVGrpcClient.Txn, EtcdCodec.txn(txn), reads))
        .map(response ->
            new Txn.Result(
                response.getHeader().getRevision(), response.getSucceeded(), reads(response)));
  }

  private static List<Optional<KeyValue>> reads(TxnResponse response) {
    List<Optional<KeyValue>> reads = new ArrayList<>();
    for (ResponseOp op : response.getResponsesList()) {
      if (op.hasResponseRange()) {
        RangeResponse range = op.getResponseRange();
        reads.add(range.getKvsList().stream().findFirst().map(EtcdCodec::keyValue));
      }
    }
    return reads;
  }

  public Uni<KeyValue> create(String key, byte[] value, long lease) {
    Txn txn =
        new Txn(
            List.of(new Txn.Compare(key, Txn.Target.VERSION, Txn.Relation.EQUAL, 0)),
            List.of(new Txn.Op.Put(key, value, lease)),
            List.of());
    return txn(txn)
        .onFailure(StorageException.KeyNotFound.class)
        .transform(_ -> new StorageException.KeyNotFound("lease " + lease))
        .map(result -> {
          if (!result.succeeded()) {
            throw new StorageException.KeyExists(key);
          }
          long revision = result.revision();
          return new KeyValue(key, value, revision, revision, 1, lease);
        });
  }

  public Uni<KeyValue> delete(String key, long modRevision) {
    return get(key, 0)
        .chain(found -> {
          KeyValue last = found.orElseThrow(() -> new StorageException.KeyNotFound(key));
          if (modRevision != 0 && last.modRevision() != modRevision) {
            throw new StorageException.Conflict(key);
          }
          Txn txn =
              new Txn(
                  List.of(
                      new Txn.Compare(
                          key, Txn.Target.MOD_REVISION, Txn.Relation.EQUAL, last.modRevision())),
                  List.of(new Txn.Op.Delete(key)),
                  List.of());
          return txn(txn)
              .chain(result ->
                  result.succeeded()
                      ? Uni.createFrom().item(deleted(last, result.revision()))
                      : delete(key, modRevision));
        });
  }

  private static KeyValue deleted(KeyValue last, long revision) {
    return new KeyValue(
        last.key(), last.value(), last.createRevision(), revision, last.version(), last.lease());
  }

  public Uni<Long> grantLease(long ttlSeconds) {
    LeaseGrantRequest request = LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build();
    return whenOpen("lease", 0, () -> channel.call(LeaseGrpcClient.LeaseGrant, request, true))
        .map(LeaseGrantResponse::getID);
  }

  public Uni<Void> keepLeaseAlive(long lease) {
    return whenOpen("lease " + lease, 0, () -> keepAlive(lease))
        .map(response -> {
          if (response.getTTL() <= 0) {
            throw new StorageException.KeyNotFound("lease " + lease);
          }
          return response;
        })
        .replaceWithVoid();
  }

  private Future<LeaseKeepAliveResponse> keepAlive(long lease) {
    Promise<LeaseKeepAliveResponse> promise = Promise.promise();
    long timer =
        vertx.setTimer(
            options.requestTimeout().toMillis(),
            _ -> promise.tryFail(EtcdChannel.broken(new IllegalStateException("no answer"))));
    channel.stream(LeaseGrpcClient.LeaseKeepAlive)
        .onFailure(e -> promise.tryFail(EtcdChannel.broken(e)))
        .onSuccess(stream -> {
          stream
              .response()
              .onFailure(e -> promise.tryFail(EtcdChannel.broken(e)))
              .onSuccess(response -> {
                response.exceptionHandler(e -> promise.tryFail(EtcdChannel.broken(e)));
                EtcdChannel.listen(
                    LeaseGrpcClient.LeaseKeepAlive,
                    response,
                    promise::tryComplete,
                    e -> promise.tryFail(EtcdChannel.broken(e)));
                response.endHandler(_ -> promise.tryFail(EtcdChannel.failure(response)));
              });
          stream.end(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        });
    return promise.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  public Uni<Void> revokeLease(long lease) {
    LeaseRevokeRequest request = LeaseRevokeRequest.newBuilder().setID(lease).build();
    return whenOpen(
            "lease " + lease, 0, () -> channel.call(LeaseGrpcClient.LeaseRevoke, request, false))
        .replaceWithVoid();
  }

  public Uni<Void> compact(long revision) {
    CompactionRequest request = CompactionRequest.newBuilder().setRevision(revision).build();
    return whenOpen("compact", revision, () -> channel.call(KVGrpcClient.Compact, request, true))
        .replaceWithVoid();
  }

  public Multi<ChangeBatch> watch(String prefix, long from, boolean previous) {
    return Multi.createFrom()
        .publisher(subscriber -> {
          EtcdWatch watch =
              new EtcdWatch(
                  channel, prefix, from, previous, subscriber, progress::opened, progress::remove);
          progress.add(watch);
          watch.start();
          if (!open) {
            watch.fail(new StorageException.Unavailable("the storage is not open"));
          }
        });
  }
}
