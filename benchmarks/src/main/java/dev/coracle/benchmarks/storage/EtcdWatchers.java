package dev.coracle.benchmarks.storage;

import com.google.protobuf.ByteString;
import dev.coracle.watchhub.internal.etcd.EtcdCodec;
import dev.coracle.watchhub.internal.etcd.v3.WatchCreateRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.WatchRequest;
import dev.coracle.watchhub.internal.etcd.v3.WatchResponse;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Many watchers of one prefix on a real etcd, all on one stream, which is what costs it least. */
final class EtcdWatchers implements AutoCloseable {

  final AtomicLong events = new AtomicLong();
  final AtomicLong bytes = new AtomicLong();
  volatile CountDownLatch latch = new CountDownLatch(0);
  private final GrpcClient client;
  private final CountDownLatch created;

  EtcdWatchers(Vertx vertx, int port, String prefix, int count) throws Exception {
    HttpClientOptions http =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setHttp2ConnectionWindowSize(16 << 20);
    http.getInitialSettings().setInitialWindowSize(16 << 20);
    client =
        GrpcClient.client(
            vertx, new GrpcClientOptions().setMaxMessageSize(Integer.MAX_VALUE), http);
    created = new CountDownLatch(count);
    GrpcClientRequest<WatchRequest, WatchResponse> stream =
        client
            .request(SocketAddress.inetSocketAddress(port, "127.0.0.1"), WatchGrpcClient.Watch)
            .await(20, TimeUnit.SECONDS);
    stream.response().onSuccess(response -> response.handler(this::received));
    ByteString key = EtcdCodec.key(prefix);
    ByteString end = EtcdCodec.endOfPrefix(prefix);
    for (int i = 0; i < count; i++) {
      stream.write(
          WatchRequest.newBuilder()
              .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key).setRangeEnd(end))
              .build());
    }
    if (!created.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("etcd has not made all watches: " + created.getCount());
    }
  }

  private void received(WatchResponse response) {
    if (response.getCreated()) {
      created.countDown();
    }
    int count = response.getEventsCount();
    if (count > 0) {
      bytes.addAndGet(response.getSerializedSize());
      events.addAndGet(count);
      for (int i = 0; i < count; i++) {
        latch.countDown();
      }
    }
  }

  @Override
  public void close() throws Exception {
    client.close().await(20, TimeUnit.SECONDS);
  }
}
