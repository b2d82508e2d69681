package dev.coracle.watchhub.internal.etcd;

import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.internal.embedded.Engine;
import dev.coracle.watchhub.internal.etcd.v3.AlarmResponse;
import dev.coracle.watchhub.internal.etcd.v3.AuthGrpcService;
import dev.coracle.watchhub.internal.etcd.v3.ClusterGrpcService;
import dev.coracle.watchhub.internal.etcd.v3.CompactionRequest;
import dev.coracle.watchhub.internal.etcd.v3.CompactionResponse;
import dev.coracle.watchhub.internal.etcd.v3.DefragmentResponse;
import dev.coracle.watchhub.internal.etcd.v3.KVGrpcService;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrantRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrantResponse;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrpcService;
import dev.coracle.watchhub.internal.etcd.v3.LeaseKeepAliveRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseKeepAliveResponse;
import dev.coracle.watchhub.internal.etcd.v3.LeaseLeasesResponse;
import dev.coracle.watchhub.internal.etcd.v3.LeaseRevokeResponse;
import dev.coracle.watchhub.internal.etcd.v3.LeaseStatus;
import dev.coracle.watchhub.internal.etcd.v3.LeaseTimeToLiveRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseTimeToLiveResponse;
import dev.coracle.watchhub.internal.etcd.v3.MaintenanceGrpcService;
import dev.coracle.watchhub.internal.etcd.v3.Member;
import dev.coracle.watchhub.internal.etcd.v3.MemberListResponse;
import dev.coracle.watchhub.internal.etcd.v3.StatusResponse;
import dev.coracle.watchhub.internal.etcd.v3.WatchGrpcService;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.InvalidMessageException;
import io.vertx.grpc.common.MessageSizeOverflowException;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import io.vertx.grpc.server.StatusException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** etcd's services on the embedded engine. Authentication is by client certificates alone. */
public final class EtcdService {

  /** What clients are told: its protocol, with ordered progress answers. */
  private static final String VERSION = "3.5.21";

  static final StatusException UNREADABLE =
      new StatusException(GrpcStatus.INTERNAL, "grpc: error unmarshalling request");

  /** Of one stream of keep-alives. */
  private static final int MOST_UNANSWERED = 1000;

  /** etcd's longest lease; its nanoseconds fit into a long. */
  private static final long MOST_SECONDS = 9_000_000_000L;

  private final Engine engine;
  private final EtcdKv kv;
  private final Supplier<String> url;

  /**
   * @param url what clients are told as this member's address
   */
  public EtcdService(Engine engine, Supplier<String> url) {
    this.engine = engine;
    this.kv = new EtcdKv(engine);
    this.url = url;
  }

  public void bind(GrpcServer server) {
    unary(server, KVGrpcService.Range, kv::range);
    unary(server, KVGrpcService.Put, kv::put);
    unary(server, KVGrpcService.DeleteRange, kv::delete);
    unary(server, KVGrpcService.Txn, kv::txn);
    unary(server, KVGrpcService.Compact, this::compact);
    unary(server, LeaseGrpcService.LeaseGrant, this::grant);
    unary(
        server,
        LeaseGrpcService.LeaseRevoke,
        r ->
            engine
                .revokeLease(r.getID())
                .chain(engine::revision)
                .map(
                    now -> LeaseRevokeResponse.newBuilder().setHeader(EtcdKv.header(now)).build()));
    unary(server, LeaseGrpcService.LeaseTimeToLive, this::timeToLive);
    unary(server, LeaseGrpcService.LeaseLeases, _ -> leases());
    unary(server, MaintenanceGrpcService.Status, _ -> status());
    unary(
        server,
        MaintenanceGrpcService.Alarm,
        _ -> header().map(h -> AlarmResponse.newBuilder().setHeader(h).build()));
    unary(
        server,
        MaintenanceGrpcService.Defragment,
        _ -> header().map(h -> DefragmentResponse.newBuilder().setHeader(h).build()));
    unary(server, ClusterGrpcService.MemberList, _ -> members());
    unary(
        server,
        AuthGrpcService.Authenticate,
        _ ->
            Uni.createFrom()
                .failure(
                    new StatusException(
                        GrpcStatus.FAILED_PRECONDITION,
                        "etcdserver: authentication is not enabled")));
    server.callHandler(
        LeaseGrpcService.LeaseKeepAlive, request -> keepAlive(request, request.response()));
    server.callHandler(
        WatchGrpcService.Watch, request -> new EtcdWatchStream(engine, context(), request).start());
  }

  /** The connection's, on which a handler runs. */
  private static Context context() {
    return java.util.Objects.requireNonNull(Vertx.currentContext());
  }

  private static <Q, R> void unary(
      GrpcServer server, ServiceMethod<Q, R> method, Function<Q, Uni<R>> call) {
    server.callHandler(
        method,
        request -> {
          Context context = context();
          GrpcServerResponse<Q, R> response = request.response();
          boolean[] asked = {false};
          request.exceptionHandler(_ -> {
            asked[0] = true;
            fail(response, UNREADABLE); // or the caller went away, and nobody hears it
          });
          request.invalidMessageHandler(e -> {
            asked[0] = true;
            fail(response, unreadable(e));
          });
          request.endHandler(_ -> {
            if (!asked[0]) {
              fail(response, new StatusException(GrpcStatus.INTERNAL, "the call has no message"));
            }
          });
          request.handler(message -> {
            if (asked[0]) {
              return; // one question, one answer
            }
            asked[0] = true;
            Uni.createFrom()
                .deferred(() -> call.apply(message))
                .subscribe()
                .with(
                    answer -> context.runOnContext(_ -> send(() -> response.end(answer))),
                    failure -> context.runOnContext(_ -> fail(response, failure)));
          });
        });
  }

  /** In the words of gRPC's own servers. */
  static StatusException unreadable(InvalidMessageException e) {
    return e instanceof MessageSizeOverflowException large
        ? new StatusException(
            GrpcStatus.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (" + large.messageSize() + ")")
        : UNREADABLE;
  }

  static void fail(GrpcServerResponse<?, ?> response, Throwable failure) {
    StatusException status = status(failure);
    response.status(status.status()).statusMessage(status.message());
    send(response::end);
  }

  /** Writes to a caller who may have gone meanwhile: then nobody waits for the answer. */
  static boolean send(Runnable write) {
    try {
      write.run();
      return true;
    } catch (IllegalStateException e) {
      return false; // the stream was cancelled
    }
  }

  /** etcd's words for the storage's failures: clients look for them. */
  static StatusException status(Throwable failure) {
    if (failure instanceof StatusException status) {
      return status;
    }
    if (!(failure instanceof StorageException storage)) {
      return new StatusException(GrpcStatus.UNKNOWN, "etcdserver: " + failure.getMessage());
    }
    return switch (storage) {
      case StorageException.Compacted _ ->
          new StatusException(
              GrpcStatus.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted");
      case StorageException.FutureRevision _ ->
          new StatusException(
              GrpcStatus.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision");
      case StorageException.KeyNotFound e ->
          e.getMessage().contains("lease ")
              ? new StatusException(GrpcStatus.NOT_FOUND, "etcdserver: requested lease not found")
              : new StatusException(GrpcStatus.INVALID_ARGUMENT, "etcdserver: key not found");
      case StorageException.KeyExists _ ->
          new StatusException(GrpcStatus.FAILED_PRECONDITION, "etcdserver: lease already exists");
      case StorageException.NoSpace _ ->
          new StatusException(
              GrpcStatus.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded");
      case StorageException.TooLarge _ ->
          new StatusException(GrpcStatus.INVALID_ARGUMENT, "etcdserver: request is too large");
      case StorageException.Conflict e -> new StatusException(GrpcStatus.ABORTED, e.getMessage());
      case StorageException.Unavailable e ->
          new StatusException(GrpcStatus.UNAVAILABLE, "etcdserver: " + e.getMessage());
      case StorageException.Corrupt e -> new StatusException(GrpcStatus.DATA_LOSS, e.getMessage());
    };
  }

  private Uni<dev.coracle.watchhub.internal.etcd.v3.ResponseHeader> header() {
    return engine.revision().map(EtcdKv::header);
  }

  Uni<CompactionResponse> compact(CompactionRequest request) {
    return engine
        .compact(request.getRevision())
        .chain(this::header)
        .map(h -> CompactionResponse.newBuilder().setHeader(h).build());
  }

  Uni<LeaseGrantResponse> grant(LeaseGrantRequest request) {
    if (request.getTTL() > MOST_SECONDS) {
      throw new StatusException(GrpcStatus.OUT_OF_RANGE, "etcdserver: too large lease TTL");
    }
    long ttl = Math.max(1, request.getTTL());
    return engine
        .grantLease(request.getID(), ttl)
        .chain(id ->
            header()
                .map(h ->
                    LeaseGrantResponse.newBuilder().setHeader(h).setID(id).setTTL(ttl).build()));
  }

  Uni<LeaseTimeToLiveResponse> timeToLive(LeaseTimeToLiveRequest request) {
    return engine.write(m -> {
      Optional<long[]> times = m.leaseTimes(request.getID());
      LeaseTimeToLiveResponse.Builder response =
          LeaseTimeToLiveResponse.newBuilder()
              .setHeader(EtcdKv.header(m.revision()))
              .setID(request.getID())
              .setTTL(times.map(t -> t[0]).orElse(-1L))
              .setGrantedTTL(times.map(t -> t[1]).orElse(0L));
      if (request.getKeys()) {
        m.leaseKeys(request.getID()).forEach(k -> response.addKeys(EtcdCodec.key(k)));
      }
      return response.build();
    });
  }

  private Uni<LeaseLeasesResponse> leases() {
    return engine.write(m -> {
      LeaseLeasesResponse.Builder response =
          LeaseLeasesResponse.newBuilder().setHeader(EtcdKv.header(m.revision()));
      m.leaseIds().forEach(id -> response.addLeases(LeaseStatus.newBuilder().setID(id)));
      return response.build();
    });
  }

  private void keepAlive(
      GrpcServerRequest<LeaseKeepAliveRequest, LeaseKeepAliveResponse> request,
      GrpcServerResponse<LeaseKeepAliveRequest, LeaseKeepAliveResponse> response) {
    Context context = context();
    response.writeHead();
    int[] open = {0, 0};
    request.exceptionHandler(_ -> fail(response, UNREADABLE));
    request.invalidMessageHandler(e -> fail(response, unreadable(e)));
    request.handler(message -> {
      if (++open[0] >= MOST_UNANSWERED) {
        request.pause();
      }
      engine
          .keepLeaseAlive(message.getID())
          .onFailure(StorageException.KeyNotFound.class)
          .recoverWithItem(0L)
          .chain(ttl -> header().map(h -> kept(h, message.getID(), ttl)))
          .subscribe()
          .with(
              answer ->
                  context.runOnContext(_ -> {
                    send(() -> response.write(answer));
                    finish(open, -1, response);
                    goOn(request, response);
                  }),
              failure -> context.runOnContext(_ -> fail(response, failure)));
    });
    request.endHandler(_ -> {
      open[1] = 1;
      finish(open, 0, response);
    });
  }

  /** Reads on from a stream unless its client does not take what it is answered. */
  static void goOn(GrpcServerRequest<?, ?> request, GrpcServerResponse<?, ?> response) {
    if (response.writeQueueFull()) {
      request.pause();
      response.drainHandler(_ -> request.resume());
    } else {
      request.resume();
    }
  }

  /** Ends the stream when its client has, and everything was answered. */
  private static void finish(int[] open, int change, GrpcServerResponse<?, ?> response) {
    open[0] += change;
    if (open[0] == 0 && open[1] == 1) {
      send(response::end);
    }
  }

  private static LeaseKeepAliveResponse kept(
      dev.coracle.watchhub.internal.etcd.v3.ResponseHeader header, long id, long ttl) {
    return LeaseKeepAliveResponse.newBuilder().setHeader(header).setID(id).setTTL(ttl).build();
  }

  private Uni<StatusResponse> status() {
    return engine
        .revision()
        .map(now -> {
          long[] sizes = engine.sizes();
          return StatusResponse.newBuilder()
              .setHeader(EtcdKv.header(now))
              .setVersion(VERSION)
              .setDbSize(sizes[0])
              .setDbSizeInUse(sizes[1])
              .setLeader(1)
              .setRaftIndex(now)
              .setRaftAppliedIndex(now)
              .setRaftTerm(1)
              .build();
        });
  }

  private Uni<MemberListResponse> members() {
    return header()
        .map(h ->
            MemberListResponse.newBuilder()
                .setHeader(h)
                .addMembers(
                    Member.newBuilder().setID(1).setName("coracle").addClientURLs(url.get()))
                .build());
  }
}
