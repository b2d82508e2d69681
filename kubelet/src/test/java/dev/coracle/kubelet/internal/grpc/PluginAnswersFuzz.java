package dev.coracle.kubelet.internal.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import dev.coracle.api.fuzz.Mutator;
import dev.coracle.csi.v1.NodeGetInfoRequest;
import dev.coracle.csi.v1.NodeGetInfoResponse;
import dev.coracle.csi.v1.NodeGrpcClient;
import dev.coracle.deviceplugin.v1beta1.AllocateRequest;
import dev.coracle.deviceplugin.v1beta1.AllocateResponse;
import dev.coracle.deviceplugin.v1beta1.ContainerAllocateResponse;
import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.deviceplugin.v1beta1.DevicePluginGrpcClient;
import dev.coracle.deviceplugin.v1beta1.Empty;
import dev.coracle.deviceplugin.v1beta1.ListAndWatchResponse;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.pluginregistration.v1.InfoRequest;
import dev.coracle.pluginregistration.v1.PluginInfo;
import dev.coracle.pluginregistration.v1.RegistrationGrpcClient;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drivers and plugins (CSI, devices, registration) that answer anything: their answer is
 * understood, or the call fails with a reason, by its limit. The runtime's answers come the same
 * way.
 */
class PluginAnswersFuzz {

  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int ANSWERS = Integer.getInteger("coracle.fuzz.inputs", 3000) / 10;
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final ListAndWatchResponse DEVICES =
      ListAndWatchResponse.newBuilder()
          .addDevices(Device.newBuilder().setID("a").setHealth("Healthy"))
          .build();

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private volatile Consumer<HttpServerRequest> answer = _ -> {};
  private HttpServer server;
  private UnixChannel channel;

  @BeforeEach
  void listen() throws Exception {
    Path socket = directory.resolve("s");
    server =
        vertx
            .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(true))
            .requestHandler(request -> answer.accept(request));
    server.listen(SocketAddress.domainSocketAddress(socket.toString())).await(10, TimeUnit.SECONDS);
    channel = new UnixChannel(vertx, socket.toString());
  }

  @AfterEach
  void close() throws Exception {
    channel.close();
    server.close().await(10, TimeUnit.SECONDS);
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

  private static void reply(HttpServerRequest request, byte[] body, String status) {
    request.response().putHeader("content-type", "application/grpc");
    request.response().putTrailer("grpc-status", status);
    request.response().end(Buffer.buffer(body));
  }

  @Test
  void everyAnswerIsTakenOrTheCallFails() throws Exception {
    List<byte[]> right =
        List.of(
            framed(
                AllocateResponse.newBuilder()
                    .addContainerResponses(ContainerAllocateResponse.newBuilder().putEnvs("A", "1"))
                    .build()),
            framed(NodeGetInfoResponse.newBuilder().setNodeId("n").setMaxVolumesPerNode(7).build()),
            framed(PluginInfo.newBuilder().setType("CSIPlugin").addSupportedVersions("1").build()),
            framed(DEVICES, DEVICES),
            new byte[0]);
    List<byte[]> words =
        List.of(new byte[] {0, 0, 0, 0}, new byte[] {1, 127, -1, -1, -1}, new byte[] {10, 1});
    Mutator mutator = new Mutator(new SplittableRandom(SEED), right, words);
    String[] statuses = {"0", "13", "99", "-1", "x", ""};
    for (int i = 0; i < ANSWERS; i++) {
      byte[] body = i < right.size() ? right.get(i) : mutator.next();
      String status = statuses[i < right.size() ? 0 : i % statuses.length];
      answer = request -> reply(request, body, status);
      // Of some answers Vert.x tells no end; such a call ends at its limit.
      Duration limit = i < right.size() ? LIMIT : SHORT;
      try {
        tried(DevicePluginGrpcClient.Allocate, AllocateRequest.getDefaultInstance(), limit);
        tried(NodeGrpcClient.NodeGetInfo, NodeGetInfoRequest.getDefaultInstance(), limit);
        tried(RegistrationGrpcClient.GetInfo, InfoRequest.getDefaultInstance(), limit);
      } catch (RuntimeException | AssertionError e) {
        byte[] shown = Arrays.copyOf(body, Math.min(300, body.length));
        throw new AssertionError(
            "seed %d, answer %d with status \"%s\": %s"
                .formatted(SEED, i, status, HexFormat.of().formatHex(shown)),
            e);
      }
    }
  }

  private <Q, R> void tried(ServiceMethod<R, Q> method, Q request, Duration limit) {
    try {
      assertThat(channel.call(method, request, limit) == null).isFalse();
    } catch (CriException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  /** Nothing was ever heard again of its devices, as if all were well with them. */
  @Test
  void aStreamThatCannotBeReadHasEnded() throws Exception {
    byte[] none = framed(NodeGetInfoResponse.newBuilder().setNodeId("n").build());
    answer =
        request -> {
          request.response().putHeader("content-type", "application/grpc").setChunked(true);
          request.response().write(Buffer.buffer(framed(DEVICES)));
          request.response().write(Buffer.buffer(none));
        };
    List<ListAndWatchResponse> heard = new CopyOnWriteArrayList<>();
    CompletableFuture<CriException> ended = new CompletableFuture<>();
    channel.listen(
        DevicePluginGrpcClient.ListAndWatch,
        Empty.getDefaultInstance(),
        heard::add,
        ended::complete);
    assertThat(ended.get(LIMIT.toSeconds(), TimeUnit.SECONDS).code())
        .isEqualTo(CriException.Code.UNAVAILABLE);
    assertThat(heard).containsExactly(DEVICES);
  }

  @Test
  void anAnswerThatSaysItIsTooLongIsRefused() {
    byte[] head = {0, 127, -1, -1, -1};
    answer =
        request -> {
          request.response().putHeader("content-type", "application/grpc").setChunked(true);
          request.response().write(Buffer.buffer(head));
          request.response().write(Buffer.buffer("x".getBytes(StandardCharsets.US_ASCII)));
        };
    assertThatThrownBy(() ->
            channel.call(
                NodeGrpcClient.NodeGetInfo, NodeGetInfoRequest.getDefaultInstance(), LIMIT))
        .isInstanceOf(CriException.class)
        .satisfies(e ->
            assertThat(((CriException) e).code())
                .isNotEqualTo(CriException.Code.DEADLINE_EXCEEDED));
  }
}
