package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers in protobuf over HTTPS, as Kubernetes' own components ask for them. */
class ProtobufAnswersTest {

  private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";

  private record Answer(int code, String type, byte[] body) {}

  @TempDir static Path dir;
  private static TestServer server;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    http =
        server
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setTrustAll(true)
                    .setVerifyHost(false)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(server.pki().path("admin.crt").toString())
                            .setKeyPath(server.pki().path("admin.key").toString())));
    post("a");
    post("b");
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static void post(String name) throws Exception {
    Answer answer =
        ask(
            HttpMethod.POST,
            "/api/v1/namespaces/default/configmaps",
            PROTOBUF,
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\""
                + name
                + "\"},\"data\":{\"k\":\"v\"}}");
    assertThat(answer.code()).isEqualTo(201);
    assertThat(V1.ConfigMap.parseFrom(raw(answer.body())).getDataMap()).containsEntry("k", "v");
  }

  private static Answer ask(HttpMethod method, String path, String accept, String body)
      throws Exception {
    return http.request(method, server.server().port(), "127.0.0.1", path)
        .compose(request -> {
          request.putHeader("Accept", accept);
          if (!body.isEmpty()) {
            request.putHeader("Content-Type", "application/json");
          }
          // Asked for first: the body could pass before this thread waits for it.
          Future<Answer> answer =
              request
                  .response()
                  .compose(response ->
                      response
                          .body()
                          .map(b ->
                              new Answer(
                                  response.statusCode(),
                                  response.getHeader("Content-Type"),
                                  b.getBytes())));
          request.end(Buffer.buffer(body));
          return answer;
        })
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private static com.google.protobuf.ByteString raw(byte[] body) throws Exception {
    assertThat(body).startsWith('k', '8', 's', 0);
    return Runtime.Unknown.parseFrom(Arrays.copyOfRange(body, 4, body.length)).getRaw();
  }

  @Test
  void listsAndObjects() throws Exception {
    Answer list =
        ask(HttpMethod.GET, "/api/v1/namespaces/default/configmaps", PROTOBUF + ",*/*", "");
    assertThat(list.type()).isEqualTo(PROTOBUF);
    assertThat(V1.ConfigMapList.parseFrom(raw(list.body())).getItemsList())
        .extracting(c -> c.getMetadata().getName())
        .containsExactly("a", "b");
    Answer one = ask(HttpMethod.GET, "/api/v1/namespaces/default/configmaps/a", PROTOBUF, "");
    assertThat(V1.ConfigMap.parseFrom(raw(one.body())).getMetadata().getUid()).isNotEmpty();
    Answer metadata =
        ask(
            HttpMethod.GET,
            "/api/v1/namespaces/default/configmaps",
            PROTOBUF + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            "");
    assertThat(Meta.PartialObjectMetadataList.parseFrom(raw(metadata.body())).getItemsCount())
        .isEqualTo(2);
  }

  @Test
  void failuresAreStatusMessages() throws Exception {
    Answer answer = ask(HttpMethod.GET, "/api/v1/namespaces/default/configmaps/none", PROTOBUF, "");
    assertThat(answer.code()).isEqualTo(404);
    Meta.Status status = Meta.Status.parseFrom(raw(answer.body()));
    assertThat(status.getReason()).isEqualTo("NotFound");
    assertThat(status.getDetails().getName()).isEqualTo("none");
  }

  @Test
  void aTableIsJsonAndWithoutJsonNotAcceptable() throws Exception {
    String table = ";as=Table;g=meta.k8s.io;v=v1";
    Answer json =
        ask(
            HttpMethod.GET,
            "/api/v1/namespaces/default/configmaps",
            PROTOBUF + table + ",application/json" + table,
            "");
    assertThat(json.type()).isEqualTo("application/json");
    assertThat(new String(json.body(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("\"kind\":\"Table\"");
    assertThat(
            ask(HttpMethod.GET, "/api/v1/namespaces/default/configmaps", PROTOBUF + table, "")
                .code())
        .isEqualTo(406);
  }

  @Test
  void aWatchIsAStreamOfFrames() throws Exception {
    Buffer seen = Buffer.buffer();
    CompletableFuture<String> whole = new CompletableFuture<>();
    http.request(
            HttpMethod.GET,
            server.server().port(),
            "127.0.0.1",
            "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=20")
        .compose(request ->
            request
                .putHeader("Accept", PROTOBUF + ";stream=watch")
                .send()
                .onSuccess(response ->
                    response.handler(part -> {
                      seen.appendBuffer(part);
                      if (seen.length() > 4 && count(seen) >= 2) {
                        whole.complete(response.getHeader("Content-Type"));
                      }
                    })))
        .onFailure(whole::completeExceptionally);
    assertThat(whole.get(30, TimeUnit.SECONDS)).isEqualTo(PROTOBUF + ";stream=watch");
    int length = seen.getInt(0);
    Meta.WatchEvent event = Meta.WatchEvent.parseFrom(seen.getBytes(4, 4 + length));
    assertThat(event.getType()).isEqualTo("ADDED");
    V1.ConfigMap first = V1.ConfigMap.parseFrom(raw(event.getObject().getRaw().toByteArray()));
    assertThat(first.getMetadata().getName()).isEqualTo("a");
  }

  /** Whole frames so far. */
  private static int count(Buffer seen) {
    int at = 0;
    int frames = 0;
    while (at + 4 <= seen.length() && at + 4 + seen.getInt(at) <= seen.length()) {
      at += 4 + seen.getInt(at);
      frames++;
    }
    return frames;
  }
}
