package dev.coracle.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backends that speak something else than a plain answer to a plain request. */
class BackendProtocolsTest {

  @TempDir private Path directory;

  private GatewayFixture fixture;

  /** How a request for {@code /upload} came: whole, or broken off. */
  private final CompletableFuture<String> upload = new CompletableFuture<>();

  @BeforeEach
  void start() throws Exception {
    fixture = new GatewayFixture(directory, Duration.ofMillis(700));
    fixture.publish("rpc/calls:grpc", 50051, rpc());
    fixture.publish("rpc/chat:ws", 80, chat());
    fixture.publish("rpc/silent:http", 80, silent());
    fixture.publish("rpc/broken:http", 80, broken());
    fixture.client.put(
        Resources.SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"calls","namespace":"rpc"},
             "spec":{"ports":[{"name":"grpc","port":50051,"appProtocol":"kubernetes.io/h2c"}]}}\
            """));
    fixture.client.put(
        Resources.INGRESSES,
        KubeObject.parse(
            """
            {"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
             "metadata":{"name":"rpc","namespace":"rpc"},
             "spec":{"ingressClassName":"coracle","rules":[{"host":"rpc.example","http":{"paths":[
               {"path":"/","pathType":"Prefix","backend":{"service":{"name":"calls","port":{"name":"grpc"}}}},
               {"path":"/chat","pathType":"Prefix","backend":{"service":{"name":"chat","port":{"number":80}}}},
               {"path":"/silent","pathType":"Prefix","backend":{"service":{"name":"silent","port":{"number":80}}}},
               {"path":"/broken","pathType":"Prefix","backend":{"service":{"name":"broken","port":{"number":80}}}}]}}]}}\
            """));
    fixture.start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !fixture.get("rpc.example", "/").startsWith("404"));
  }

  @AfterEach
  void stop() throws Exception {
    fixture.close();
  }

  /** Answers each message as it comes, before the call ends; the status comes in the trailers. */
  private int rpc() throws Exception {
    return listen(
        fixture
            .vertx
            .createHttpServer()
            .requestHandler(call -> {
              call.response()
                  .setChunked(true)
                  .putHeader("version", call.version().name())
                  .putHeader("host-seen", call.authority().host());
              call.handler(message -> {
                if (message.length() > 0) { // An end of stream may come in a frame of its own.
                  call.response().write("echo " + message);
                }
              });
              if (call.path().equals("/upload")) {
                call.exceptionHandler(_ -> upload.complete("broken off"));
              }
              call.endHandler(_ -> {
                if (call.path().equals("/upload")) {
                  upload.complete("whole");
                }
                call.response().putTrailer("grpc-status", "0").putTrailer("grpc-message", "fine");
                call.response().end();
              });
            }));
  }

  private int chat() throws Exception {
    return listen(
        fixture
            .vertx
            .createHttpServer()
            .webSocketHandler(socket ->
                socket.textMessageHandler(text -> socket.writeTextMessage("you said " + text))));
  }

  private int silent() throws Exception {
    return listen(fixture.vertx.createHttpServer().requestHandler(_ -> {}));
  }

  /** Takes the request and closes the connection without an answer. */
  private int broken() throws Exception {
    return listen(
        fixture.vertx.createHttpServer().requestHandler(request -> request.connection().close()));
  }

  private static int listen(HttpServer server) throws Exception {
    return GatewayFixture.await(
            server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture())
        .actualPort();
  }

  @Test
  void grpcStreamsBothWaysAndItsTrailersArrive() throws Exception {
    HttpClient http2 =
        fixture.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    CompletableFuture<String> firstEcho = new CompletableFuture<>();
    Future<String> call =
        http2
            .request(
                new RequestOptions()
                    .setMethod(HttpMethod.POST)
                    .setServer(
                        SocketAddress.inetSocketAddress(fixture.gateway.httpPort(), "127.0.0.1"))
                    .setHost("rpc.example")
                    .setPort(80)
                    .putHeader("te", "trailers")
                    .setURI("/greet.Greeter/Hello"))
            .compose(request -> talk(request, firstEcho));
    assertThat(call.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS))
        .isEqualTo("HTTP_2 rpc.example echo oneecho two 0 fine");
  }

  /** Sends the second message only when the first was answered. */
  private static Future<String> talk(HttpClientRequest request, CompletableFuture<String> echo) {
    request.setChunked(true).write("one");
    return request
        .response()
        .compose(response -> {
          Buffer all = Buffer.buffer();
          response.handler(part -> {
            all.appendBuffer(part);
            if (echo.complete(part.toString())) {
              request.write("two");
              request.end();
            }
          });
          return response
              .end()
              .map(_ ->
                  response.getHeader("version")
                      + " "
                      + response.getHeader("host-seen")
                      + " "
                      + all
                      + " "
                      + response.getTrailer("grpc-status")
                      + " "
                      + response.getTrailer("grpc-message"));
        });
  }

  @Test
  void anHttp1ClientReachesAnHttp2Backend() throws Exception {
    assertThat(fixture.get("rpc.example", "/plain")).isEqualTo("200 ");
  }

  @Test
  void anUploadThatIsBrokenOffIsNotWhole() throws Exception {
    HttpClient http = fixture.vertx.createHttpClient();
    Future<Void> gone =
        http.request(
                new RequestOptions()
                    .setMethod(HttpMethod.POST)
                    .setServer(
                        SocketAddress.inetSocketAddress(fixture.gateway.httpPort(), "127.0.0.1"))
                    .setHost("rpc.example")
                    .setPort(80)
                    .setURI("/upload"))
            .compose(request -> {
              request.setChunked(true).write("one");
              return request.response().compose(_ -> request.connection().close());
            });
    GatewayFixture.await(gone.toCompletionStage().toCompletableFuture());
    assertThat(upload.get(20, TimeUnit.SECONDS)).isEqualTo("broken off");
  }

  @Test
  void webSocketsPassThrough() throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    // Held until the end: Vert.x closes a client that nobody refers to any more.
    WebSocketClient client = fixture.vertx.createWebSocketClient();
    client
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(fixture.gateway.httpPort())
                .addHeader("Host", "rpc.example")
                .setURI("/chat"))
        .onFailure(answer::completeExceptionally)
        .onSuccess(socket -> {
          socket.textMessageHandler(answer::complete);
          socket.writeTextMessage("hello");
        });
    assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("you said hello");
    client.close();
  }

  @Test
  void aBackendThatIsSilentIsAGatewayTimeout() throws Exception {
    assertThat(fixture.get("rpc.example", "/silent"))
        .isEqualTo("504 the Service rpc/silent did not answer in time\n");
  }

  @Test
  void aBackendThatHangsUpIsABadGateway() throws Exception {
    assertThat(fixture.get("rpc.example", "/broken"))
        .isEqualTo("502 the Service rpc/broken has endpoints, but none gave a proper answer\n");
  }
}
