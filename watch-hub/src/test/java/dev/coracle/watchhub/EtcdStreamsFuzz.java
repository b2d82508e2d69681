package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.coracle.api.fuzz.Mutator;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.internal.etcd.v3.LeaseKeepAliveRequest;
import dev.coracle.watchhub.internal.etcd.v3.RangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchCancelRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchCreateRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchProgressRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * gRPC streams with their bytes changed, over HTTP/2 to the port that speaks etcd's protocol: each
 * is answered or reset, none is the server's own fault, and afterwards the port serves as before.
 * Seeded as {@code Fuzzer} is.
 */
class EtcdStreamsFuzz {

  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int STREAMS = Integer.getInteger("coracle.fuzz.inputs", 3000) / 10;
  private static final int UNKNOWN = 2;

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private EmbeddedStorage storage;
  private EtcdFrontend frontend;
  private HttpClientAgent client;

  @BeforeEach
  void start() throws Exception {
    storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory).withDurable(false), new SimpleMeterRegistry());
    storage.open().await().atMost(Duration.ofSeconds(10));
    frontend = new EtcdFrontend(vertx, storage, EtcdFrontendOptions.loopback(0));
    frontend.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
  }

  @AfterEach
  void stop() throws Exception {
    client.close().await(10, TimeUnit.SECONDS);
    frontend.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    storage.close().await().atMost(Duration.ofSeconds(10));
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static byte[] framed(Message... messages) {
    Buffer out = Buffer.buffer();
    for (Message message : messages) {
      byte[] bytes = message.toByteArray();
      out.appendByte((byte) 0).appendInt(bytes.length).appendBytes(bytes);
    }
    return out.getBytes();
  }

  private static WatchRequest create(String key, long id) {
    return WatchRequest.newBuilder()
        .setCreateRequest(
            WatchCreateRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setWatchId(id)
                .setStartRevision(1)
                .setPrevKv(true))
        .build();
  }

  private static Map<String, byte[]> right() {
    WatchRequest cancel =
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(1))
            .build();
    WatchRequest progress =
        WatchRequest.newBuilder().setProgressRequest(WatchProgressRequest.newBuilder()).build();
    return Map.of(
        "/etcdserverpb.Watch/Watch",
        framed(create("/a", 1), create("/b", 0), progress, cancel),
        "/etcdserverpb.Lease/LeaseKeepAlive",
        framed(
            LeaseKeepAliveRequest.newBuilder().setID(7).build(),
            LeaseKeepAliveRequest.newBuilder().setID(8).build()),
        "/etcdserverpb.KV/Range",
        framed(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("/a")).build()));
  }

  /** gRPC's status, or -1 for a stream that was reset. */
  private int send(String method, byte[] body) throws Exception {
    Future<Integer> status =
        client
            .request(HttpMethod.POST, frontend.port(), "127.0.0.1", method)
            .compose(request -> {
              request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
              return request
                  .send(Buffer.buffer(body))
                  .compose(response ->
                      response
                          .end()
                          .map(_ -> {
                            assertThat(response.statusCode()).isLessThan(500);
                            String found = response.getTrailer("grpc-status");
                            return Integer.parseInt(
                                found == null ? response.getHeader("grpc-status") : found);
                          }));
            })
            .recover(e ->
                e instanceof io.vertx.core.http.StreamResetException
                    ? Future.succeededFuture(-1)
                    : Future.failedFuture(e));
    return status.await(20, TimeUnit.SECONDS);
  }

  @Test
  void everyStreamIsAnsweredOrReset() throws Exception {
    Map<String, byte[]> right = right();
    List<String> methods = right.keySet().stream().sorted().toList();
    for (String method : methods) {
      assertThat(send(method, right.get(method))).as(method).isZero();
    }
    SplittableRandom random = new SplittableRandom(SEED);
    List<byte[]> words =
        List.of(new byte[] {0, 0, 0, 0}, new byte[] {1, 0}, "/a".getBytes(StandardCharsets.UTF_8));
    Map<String, Mutator> mutators = new java.util.HashMap<>();
    for (String method : methods) {
      mutators.put(method, new Mutator(random.split(), List.of(right.get(method)), words));
    }
    for (int i = 0; i < STREAMS; i++) {
      String method = methods.get(i % methods.size());
      byte[] body = mutators.get(method).next();
      String what = "seed " + SEED + ", stream " + i + ", " + method;
      try {
        assertThat(send(method, body)).as(what).isNotEqualTo(UNKNOWN);
      } catch (Exception e) {
        throw new AssertionError(
            what + ", " + java.util.HexFormat.of().formatHex(body, 0, Math.min(300, body.length)),
            e);
      }
    }
    for (String method : methods) {
      assertThat(send(method, right.get(method))).as(method).isZero();
    }
  }
}
