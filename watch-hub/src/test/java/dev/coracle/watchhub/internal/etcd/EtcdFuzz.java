package dev.coracle.watchhub.internal.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.internal.embedded.Engine;
import dev.coracle.watchhub.internal.etcd.v3.CompactionRequest;
import dev.coracle.watchhub.internal.etcd.v3.Compare;
import dev.coracle.watchhub.internal.etcd.v3.DeleteRangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseGrantRequest;
import dev.coracle.watchhub.internal.etcd.v3.LeaseTimeToLiveRequest;
import dev.coracle.watchhub.internal.etcd.v3.PutRequest;
import dev.coracle.watchhub.internal.etcd.v3.RangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.RequestOp;
import dev.coracle.watchhub.internal.etcd.v3.TxnRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests of etcd clients that are nearly right: done, or refused with a status that is the
 * client's. A request is one byte that tells which, and its message.
 */
class EtcdFuzz {

  private static final Duration WAIT = Duration.ofSeconds(20);
  private static final ByteString A = ByteString.copyFromUtf8("/a");
  private static final ByteString Z = ByteString.copyFromUtf8("/z");

  private static final int RANGE = 0;
  private static final int PUT = 1;
  private static final int DELETE = 2;
  private static final int TXN = 3;
  private static final int COMPACT = 4;
  private static final int GRANT = 5;
  private static final int TIME = 6;
  private static final int KINDS = 7;

  /** What would be the server's own fault. */
  private static final Set<GrpcStatus> OWN_FAULT =
      Set.of(GrpcStatus.UNKNOWN, GrpcStatus.INTERNAL, GrpcStatus.UNAVAILABLE, GrpcStatus.DATA_LOSS);

  @TempDir Path directory;
  private Engine engine;
  private EtcdKv kv;
  private EtcdService service;

  @BeforeEach
  void open() {
    EmbeddedOptions options =
        EmbeddedOptions.defaults(directory)
            .withDurable(false)
            .withHistory(Duration.ofMinutes(5), 200);
    engine = new Engine(options, new SimpleMeterRegistry());
    engine.open().await().atMost(WAIT);
    kv = new EtcdKv(engine);
    service = new EtcdService(engine, () -> "http://127.0.0.1:2379");
  }

  @AfterEach
  void close() {
    engine.close().await().atMost(WAIT);
  }

  @FuzzTest(maxDuration = "60s")
  void requests(byte[] input) {
    request(input);
  }

  private static byte[] bytes(int kind, Message message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(kind);
    out.writeBytes(message.toByteArray());
    return out.toByteArray();
  }

  private static RequestOp.Builder put(ByteString key) {
    return RequestOp.newBuilder()
        .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(key).setPrevKv(true));
  }

  private static RequestOp.Builder range(ByteString key) {
    return RequestOp.newBuilder().setRequestRange(RangeRequest.newBuilder().setKey(key));
  }

  private static TxnRequest txn() {
    TxnRequest inner =
        TxnRequest.newBuilder()
            .addCompare(Compare.newBuilder().setKey(A).setRangeEnd(Z).setVersion(1))
            .addFailure(put(ByteString.copyFromUtf8("/c")))
            .build();
    return TxnRequest.newBuilder()
        .addCompare(
            Compare.newBuilder()
                .setKey(A)
                .setTarget(Compare.CompareTarget.VALUE)
                .setResult(Compare.CompareResult.NOT_EQUAL)
                .setValue(Z))
        .addSuccess(put(A))
        .addSuccess(range(A))
        .addSuccess(
            RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(Z).setPrevKv(true)))
        .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
        .addFailure(put(Z))
        .build();
  }

  @Test
  void changedRequestsAreNeverTheServersFault() throws InterruptedException {
    new Fuzzer()
        .seed(
            bytes(
                RANGE,
                RangeRequest.newBuilder()
                    .setKey(A)
                    .setRangeEnd(Z)
                    .setLimit(5)
                    .setRevision(2)
                    .setSortOrder(RangeRequest.SortOrder.DESCEND)
                    .setSortTarget(RangeRequest.SortTarget.VALUE)
                    .setMinModRevision(1)
                    .build()))
        .seed(bytes(PUT, PutRequest.newBuilder().setKey(A).setValue(Z).setLease(7).build()))
        .seed(bytes(PUT, PutRequest.newBuilder().setKey(A).setIgnoreValue(true).build()))
        .seed(bytes(DELETE, DeleteRangeRequest.newBuilder().setKey(A).setRangeEnd(Z).build()))
        .seed(bytes(TXN, txn()))
        .seed(bytes(COMPACT, CompactionRequest.newBuilder().setRevision(3).build()))
        .seed(bytes(GRANT, LeaseGrantRequest.newBuilder().setID(7).setTTL(60).build()))
        .seed(bytes(TIME, LeaseTimeToLiveRequest.newBuilder().setID(7).setKeys(true).build()))
        .words("/a", "\0", "\u00ff", "\u0003", "\u007f")
        .run(this::request);
    answer(kv.put(PutRequest.newBuilder().setKey(A).setValue(Z).build()));
    assertThat(
            kv.range(RangeRequest.newBuilder().setKey(A).build()).await().atMost(WAIT).getCount())
        .isEqualTo(1);
  }

  private void request(byte[] input) {
    if (input.length == 0) {
      return;
    }
    ByteString message = ByteString.copyFrom(input, 1, input.length - 1);
    try {
      switch ((input[0] & 0xff) % KINDS) {
        case RANGE -> {
          RangeRequest request = RangeRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> kv.range(request)));
        }
        case PUT -> {
          PutRequest request = PutRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> kv.put(request)));
        }
        case DELETE -> {
          DeleteRangeRequest request = DeleteRangeRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> kv.delete(request)));
        }
        case TXN -> {
          TxnRequest request = TxnRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> kv.txn(request)));
        }
        case COMPACT -> {
          CompactionRequest request = CompactionRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> service.compact(request)));
        }
        case GRANT -> {
          LeaseGrantRequest request = LeaseGrantRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> service.grant(request)));
        }
        case TIME -> {
          LeaseTimeToLiveRequest request = LeaseTimeToLiveRequest.parseFrom(message);
          answer(Uni.createFrom().deferred(() -> service.timeToLive(request)));
        }
        default -> throw new AssertionError(input[0]);
      }
    } catch (InvalidProtocolBufferException e) {
      return; // said so by the gRPC layer
    }
  }

  private static void answer(Uni<?> call) {
    try {
      call.await().atMost(WAIT);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer", e);
    } catch (RuntimeException e) {
      if (OWN_FAULT.contains(EtcdService.status(e).status())) {
        throw new AssertionError("the server's own fault", e);
      }
    }
  }

  private void refused(Uni<?> call, String message) {
    assertThatThrownBy(() -> call.await().atMost(WAIT))
        .satisfies(
            e -> assertThat(EtcdService.status(e).message()).isEqualTo("etcdserver: " + message));
  }

  private static Uni<?> later(java.util.function.Supplier<Uni<?>> call) {
    return Uni.createFrom().deferred(call::get);
  }

  /** Each may read everything there is. */
  @Test
  void aTransactionOfMoreOperationsThanEtcdTakesIsRefused() {
    TxnRequest.Builder most = TxnRequest.newBuilder();
    for (int i = 0; i < 128; i++) {
      most.addSuccess(range(A));
    }
    answer(kv.txn(most.build()));
    TxnRequest more = most.clone().addSuccess(range(A)).build();
    refused(later(() -> kv.txn(more)), "too many operations in txn request");
    TxnRequest nested =
        TxnRequest.newBuilder()
            .addFailure(RequestOp.newBuilder().setRequestTxn(most.build()))
            .build();
    refused(later(() -> kv.txn(nested)), "too many operations in txn request");
  }

  /** Such a key was written under the name of another. */
  @Test
  void aKeyThatIsNoTextIsRefused() {
    ByteString key = ByteString.copyFrom(new byte[] {'/', (byte) 0xff});
    PutRequest put = PutRequest.newBuilder().setKey(key).build();
    refused(later(() -> kv.put(put)), "key is not valid UTF-8");
    TxnRequest txn = TxnRequest.newBuilder().addSuccess(put(key)).build();
    refused(later(() -> kv.txn(txn)), "key is not valid UTF-8");
  }

  @Test
  void aTransactionPutsNoEmptyKey() {
    TxnRequest txn = TxnRequest.newBuilder().addSuccess(put(ByteString.EMPTY)).build();
    refused(later(() -> kv.txn(txn)), "key is not provided");
  }

  /** Its end, in nanoseconds, lay before its beginning. */
  @Test
  void aLeaseOfMoreThanAnEtcdLeaseIsRefused() throws IOException {
    LeaseGrantRequest longest = LeaseGrantRequest.newBuilder().setTTL(9_000_000_000L).build();
    answer(service.grant(longest));
    LeaseGrantRequest longer = LeaseGrantRequest.newBuilder().setTTL(9_000_000_001L).build();
    refused(later(() -> service.grant(longer)), "too large lease TTL");
  }
}
