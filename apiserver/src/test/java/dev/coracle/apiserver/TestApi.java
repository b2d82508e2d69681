package dev.coracle.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.parsetools.RecordParser;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The API over HTTPS, as the administrator, for tests that look at codes, bodies and warnings. */
public final class TestApi {

  private static final int LIMIT = 4 << 20;

  /** An answer; {@code body} is missing where it is no JSON. */
  public record Answer(int code, JsonNode body, List<String> warnings) {

    public String message() {
      return body.path("message").asText("");
    }

    public Answer ok() {
      if (code >= 300) {
        throw new AssertionError(code + ": " + body);
      }
      return this;
    }
  }

  /** An answer as it came. */
  public record Exchanged(int code, byte[] bytes, List<String> warnings) {

    public Exchanged ok() {
      if (code >= 300) {
        throw new AssertionError(code + ": " + new String(bytes, StandardCharsets.UTF_8));
      }
      return this;
    }
  }

  private final HttpClientAgent client;
  private final Context context;
  private final int port;

  public TestApi(TestServer server) {
    port = server.server().port();
    context = server.vertx().getOrCreateContext();
    client =
        server
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(server.pki().path("admin.crt").toString())
                            .setKeyPath(server.pki().path("admin.key").toString()))
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())));
  }

  public Answer call(String method, String path, String mediaType, String body) {
    return call(method, path, mediaType, "application/json", body);
  }

  public Answer call(String method, String path, String mediaType, String accept, String body) {
    Exchanged answer =
        exchange(method, path, mediaType, accept, body.getBytes(StandardCharsets.UTF_8));
    return new Answer(answer.code(), parse(answer.bytes()), answer.warnings());
  }

  /** A body in any form for an answer in any form. */
  public Exchanged exchange(
      String method, String path, String mediaType, String accept, byte[] body) {
    return exchange(method, path, mediaType, accept, body, Map.of());
  }

  /**
   * @param more headers besides those that every request has
   */
  public Exchanged exchange(
      String method,
      String path,
      String mediaType,
      String accept,
      byte[] body,
      Map<String, String> more) {
    RequestOptions options =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(port)
            .setMethod(HttpMethod.valueOf(method))
            .setURI(path)
            .putHeader("Accept", accept);
    if (body.length > 0) {
      options.putHeader("Content-Type", mediaType);
    }
    more.forEach(options::putHeader);
    try {
      return await(() ->
          client
              .request(options)
              .compose(request -> request.send(Buffer.buffer(body)))
              .compose(response ->
                  response
                      .body()
                      .map(bytes ->
                          new Exchanged(
                              response.statusCode(),
                              bytes.getBytes(),
                              response.headers().getAll("Warning")))));
    } catch (Exception e) {
      throw new AssertionError(method + " " + path, e);
    }
  }

  /** Posts the beginning of a body, and goes away when the other side has it. */
  public void abandon(String path, String beginning, CompletableFuture<?> there) throws Exception {
    RequestOptions options =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(port)
            .setMethod(HttpMethod.POST)
            .setURI(path);
    await(() ->
        client
            .request(options)
            .compose(request ->
                request
                    .setChunked(true)
                    .write(beginning)
                    .compose(_ -> Future.fromCompletionStage(there))
                    .compose(_ -> request.connection().close())));
  }

  /**
   * On one event loop for all, which is that of the connections too: asked from a thread of its
   * own, Vert.x may have the body arrive before somebody waits for it, and then it never does.
   */
  private <R> R await(Supplier<Future<R>> work) throws Exception {
    Promise<R> answer = Promise.promise();
    context.runOnContext(_ -> work.get().onComplete(answer));
    try {
      return answer.future().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } finally {
      // Vert.x closes a client that nobody refers to any more, even one that waits for an answer.
      Reference.reachabilityFence(this);
    }
  }

  /** The bytes of an answer as they come, with this {@code Accept-Encoding}. */
  public byte[] bytes(String path, String encoding) throws Exception {
    return bytes(path, encoding, "application/json");
  }

  public byte[] bytes(String path, String encoding, String accept) throws Exception {
    RequestOptions options =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(port)
            .setMethod(HttpMethod.GET)
            .setURI(path)
            .putHeader("Accept", accept)
            .putHeader("Accept-Encoding", encoding);
    return await(() ->
        client
            .request(options)
            .compose(request -> request.send())
            .compose(response -> response.body())
            .map(Buffer::getBytes));
  }

  /** An answer of which a client takes so little at a time that the server has to wait for it. */
  public byte[] readSlowly(String path) throws Exception {
    RequestOptions options = new RequestOptions().setHost("127.0.0.1").setPort(port).setURI(path);
    return await(() ->
        client
            .request(options)
            .compose(request -> request.send())
            .compose(response -> {
              Promise<byte[]> whole = Promise.promise();
              Buffer bytes = Buffer.buffer();
              int[] parts = {0};
              response.exceptionHandler(whole::tryFail);
              response.endHandler(_ -> whole.complete(bytes.getBytes()));
              response.handler(part -> {
                bytes.appendBuffer(part);
                if (++parts[0] % 16 == 0) {
                  response.pause();
                  context.owner().setTimer(1, _ -> response.resume());
                }
              });
              return whole.future();
            }));
  }

  /** The events of a watch, up to and with the first that is the last one wanted. */
  public List<JsonNode> watch(String path, Predicate<JsonNode> last) {
    RequestOptions options = new RequestOptions().setHost("127.0.0.1").setPort(port).setURI(path);
    List<JsonNode> events = new ArrayList<>();
    try {
      return await(() ->
          client
              .request(options)
              .compose(request -> {
                Promise<List<JsonNode>> seen = Promise.promise();
                RecordParser lines =
                    RecordParser.newDelimited(
                        "\n",
                        line -> {
                          events.add(Json.parse(line.getBytes()));
                          if (last.test(events.getLast()) && seen.tryComplete(events)) {
                            request.reset();
                          }
                        });
                request
                    .send()
                    .onSuccess(response -> {
                      response.handler(lines);
                      response.endHandler(_ -> seen.tryFail("the watch has ended: " + events));
                      response.exceptionHandler(seen::tryFail);
                    })
                    .onFailure(seen::tryFail);
                return seen.future();
              }));
    } catch (Exception e) {
      throw new AssertionError(path + ": " + events, e);
    }
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return Json.parse(bytes);
    } catch (RuntimeException e) {
      return Json.NODES.missingNode();
    }
  }

  public Answer get(String path) {
    return call("GET", path, "", "");
  }

  /** As YAML or JSON. */
  public Answer post(String path, String object) {
    return call("POST", path, "application/json", tree(object).toString());
  }

  public Answer put(String path, JsonNode object) {
    return call("PUT", path, "application/json", object.toString());
  }

  public Answer merge(String path, String patch) {
    return call("PATCH", path, "application/merge-patch+json", tree(patch).toString());
  }

  public Answer delete(String path) {
    return call("DELETE", path, "", "");
  }

  public static ObjectNode tree(String yaml) {
    return (ObjectNode) Yaml.parse(yaml.getBytes(StandardCharsets.UTF_8), LIMIT);
  }
}
