package dev.coracle.watchhub.internal.etcd;

import static dev.coracle.watchhub.internal.etcd.FakeEtcd.framed;
import static dev.coracle.watchhub.internal.etcd.FakeEtcd.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.internal.etcd.v3.Event;
import dev.coracle.watchhub.internal.etcd.v3.KVGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.RangeResponse;
import dev.coracle.watchhub.internal.etcd.v3.ResponseHeader;
import dev.coracle.watchhub.internal.etcd.v3.StoredKey;
import dev.coracle.watchhub.internal.etcd.v3.TxnResponse;
import dev.coracle.watchhub.internal.etcd.v3.WatchGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.WatchResponse;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What answers in etcd's place: understood, or a failure of the storage that says why. */
class EtcdAnswersFuzz {

  private static final Duration WAIT = Duration.ofSeconds(20);

  private FakeEtcd etcd;
  private EtcdStorage storage;

  @BeforeEach
  void listen() throws Exception {
    etcd = new FakeEtcd();
    storage = new EtcdStorage(etcd.vertx, etcd.options(), new SimpleMeterRegistry());
  }

  @AfterEach
  void close() throws Exception {
    storage.close().await().atMost(WAIT);
    etcd.close();
  }

  private static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder().setRevision(revision).build();
  }

  private static StoredKey key(String name, long revision) {
    return StoredKey.newBuilder()
        .setKey(ByteString.copyFromUtf8(name))
        .setValue(ByteString.copyFromUtf8("v"))
        .setModRevision(revision)
        .build();
  }

  @FuzzTest(maxDuration = "60s")
  void messages(byte[] input) {
    read(input);
  }

  @Test
  void changedMessages() throws InterruptedException {
    new Fuzzer()
        .seed(
            framed(
                RangeResponse.newBuilder()
                    .setHeader(header(7))
                    .addKvs(key("/a", 5))
                    .setMore(true)
                    .setCount(2)
                    .build()))
        .seed(framed(TxnResponse.newBuilder().setHeader(header(7)).setSucceeded(true).build()))
        .seed(
            framed(
                WatchResponse.newBuilder()
                    .setHeader(header(7))
                    .addEvents(Event.newBuilder().setKv(key("/a", 7)))
                    .build()))
        .words("\0\0\0\0\1", "\n\0", "/a", "%zz", "3.5.13", "99999999999", "etcdserver: ")
        .run(EtcdAnswersFuzz::read);
  }

  private static void read(byte[] input) {
    try {
      RangeResponse range = UnaryCalls.message(Buffer.buffer(input), KVGrpcClient.Range);
      range.getKvsList().forEach(EtcdCodec::keyValue);
    } catch (EtcdFailure e) {
      assertThat(e.storage("/a", 7).getMessage()).isNotNull();
    }
    try {
      UnaryCalls.message(Buffer.buffer(input), KVGrpcClient.Txn);
      UnaryCalls.message(Buffer.buffer(input), WatchGrpcClient.Watch);
    } catch (EtcdFailure e) {
      assertThat(e.storage("/a", 7).getMessage()).isNotNull();
    }
    Progress.isOrdered(new String(input, StandardCharsets.ISO_8859_1));
    assertThat(UnaryCalls.text(new String(input, StandardCharsets.ISO_8859_1))).isNotNull();
  }

  /** The list went on for ever, or failed as nothing of the storage does. */
  @Test
  void aListThatDoesNotGoOnFails() {
    RangeResponse none = RangeResponse.newBuilder().setHeader(header(7)).setMore(true).build();
    RangeResponse same = none.toBuilder().addKvs(key("/a/1", 5)).build();
    etcd.answer = request -> reply(request, none);
    storage.open().await().atMost(WAIT);
    for (RangeResponse said : List.of(none, same)) {
      etcd.answer = request -> reply(request, said);
      assertThatThrownBy(() -> storage.list("/a/", "", 0, 0).await().atMost(WAIT))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("etcd has more keys of /a/ and does not give them");
    }
  }

  /** Nothing was heard any more: the watch hung, and with it the cache of a kind. */
  @Test
  void aWatchThatCannotBeReadIsTakenUpAgain() {
    AtomicInteger watches = new AtomicInteger();
    etcd.answer =
        request -> {
          if (!request.path().equals("/etcdserverpb.Watch/Watch")) {
            reply(request, RangeResponse.newBuilder().setHeader(header(6)).build());
            return;
          }
          request.response().putHeader("content-type", "application/grpc").setChunked(true);
          write(request, WatchResponse.newBuilder().setHeader(header(6)).setCreated(true).build());
          if (watches.getAndIncrement() == 0) {
            byte[] none = {0, 0, 0, 0, 2, 10, 127};
            request.response().write(Buffer.buffer(none));
          } else {
            write(
                request,
                WatchResponse.newBuilder()
                    .setHeader(header(7))
                    .addEvents(Event.newBuilder().setKv(key("/a/1", 7)))
                    .build());
          }
        };
    storage.open().await().atMost(WAIT);
    ChangeBatch second =
        storage
            .watch("/a/", 7, false)
            .skip()
            .where(batch -> batch.changes().isEmpty())
            .toUni()
            .await()
            .atMost(WAIT);
    assertThat(second.changes()).extracting(StorageChange::key).containsExactly("/a/1");
  }

  private static void write(HttpServerRequest request, Message message) {
    request.response().write(Buffer.buffer(framed(message)));
  }
}
