package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.fuzz.Mutator;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real requests with something changed in the path, the query, a header or the body, over HTTPS to
 * a whole API server on the embedded storage. Whatever is sent, the server's own fault (500) it
 * never is, and afterwards the server answers as before. Seeded as {@code Fuzzer} is.
 */
class HttpFuzz {

  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int REQUESTS = Integer.getInteger("coracle.fuzz.inputs", 3000) / 4;
  private static final int AT_ONCE = 16;

  /** Not done here, not there now, or not within its time: what a client may be told. */
  private static final Set<Integer> SAID_SO = Set.of(501, 503, 504);

  @TempDir private static Path dir;
  private static final Vertx VERTX = Vertx.vertx();

  /** All requests are sent from one event loop; see {@link TestApi}. */
  private static final Context CONTEXT = VERTX.getOrCreateContext();

  private static WatchHub hub;
  private static TestServer server;
  private static HttpClientAgent client;

  @BeforeAll
  static void start() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    hub =
        new WatchHub(
            VERTX,
            new EmbeddedStorage(EmbeddedOptions.defaults(dir.resolve("store")), registry),
            HubOptions.DEFAULTS,
            registry);
    hub.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server = new TestServer(Files.createDirectory(dir.resolve("pki")), hub);
    client =
        VERTX.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(server.pki().path("admin.crt").toString())
                        .setKeyPath(server.pki().path("admin.key").toString()))
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())),
            new PoolOptions().setHttp1MaxSize(AT_ONCE));
  }

  @AfterAll
  static void stop() throws Exception {
    client.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    server.close();
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    VERTX.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private record Sent(
      String method, String path, String query, Map<String, String> headers, byte[] body) {

    String uri() {
      return path + (query.isEmpty() ? "" : "?" + query);
    }

    @Override
    public String toString() {
      return method
          + " "
          + uri()
          + " "
          + headers
          + " <"
          + new String(body, 0, Math.min(body.length, 1500), StandardCharsets.UTF_8)
          + ">";
    }
  }

  @Test
  void changedRequestsAreNeverTheServersFault() throws Exception {
    List<Sent> requests = FuzzRequests.all().stream().map(HttpFuzz::sent).toList();
    for (Sent request : requests) {
      int code =
          answer(request).toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
      check(-1, request, code);
    }
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < REQUESTS; i += AT_ONCE) {
      List<Sent> together = new ArrayList<>();
      List<Future<Integer>> answers = new ArrayList<>();
      for (int n = 0; n < AT_ONCE; n++) {
        Sent request = change(random, requests);
        together.add(request);
        answers.add(answer(request));
      }
      try {
        Future.join(answers).toCompletionStage().toCompletableFuture().get(120, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        for (int n = 0; n < AT_ONCE; n++) {
          if (!answers.get(n).succeeded()) {
            throw new AssertionError("seed " + SEED + ", request " + i + ": " + together.get(n), e);
          }
        }
      }
      for (int n = 0; n < AT_ONCE; n++) {
        check(i, together.get(n), answers.get(n).result());
      }
    }
    Sent plain = new Sent("GET", "/readyz", "", Map.of(), new byte[0]);
    int code = answer(plain).toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertThat(code).isEqualTo(200);
  }

  private static void check(int number, Sent request, int code) {
    if (code >= 500 && !SAID_SO.contains(code)) {
      throw new AssertionError(
          "seed " + SEED + ", request " + number + ": " + code + " for " + request);
    }
  }

  private static Sent sent(FuzzRequests.Request r) {
    int query = r.uri().indexOf('?');
    return new Sent(
        r.method(),
        query < 0 ? r.uri() : r.uri().substring(0, query),
        query < 0 ? "" : r.uri().substring(query + 1),
        r.headers(),
        r.body());
  }

  private static Sent change(SplittableRandom random, List<Sent> requests) {
    Sent r = requests.get(random.nextInt(requests.size()));
    String path = r.path;
    String query = r.query;
    Map<String, String> headers = r.headers;
    byte[] body = r.body;
    switch (random.nextInt(body.length == 0 ? 3 : 8)) {
      case 0 -> path = "/" + printable(random, path.substring(1), FuzzRequests.PATHS);
      case 1 -> query = printable(random, query, FuzzRequests.QUERIES);
      case 2 -> {
        String name = FuzzRequests.HEADERS.get(random.nextInt(FuzzRequests.HEADERS.size()));
        String value = headers.getOrDefault(name, "");
        String changed = printable(random, value, FuzzRequests.VALUES);
        headers = new java.util.HashMap<>(headers);
        headers.put(name, changed);
      }
      default ->
          body =
              new Mutator(
                      random,
                      List.of(body),
                      FuzzRequests.BODIES.stream().map(HttpFuzz::bytes).toList())
                  .next();
    }
    return new Sent(r.method, path, query, headers, body);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A changed text with all that HTTP itself does not allow in it escaped. */
  private static String printable(SplittableRandom random, String text, List<String> words) {
    byte[] changed =
        new Mutator(random, List.of(bytes(text)), words.stream().map(HttpFuzz::bytes).toList())
            .next();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < changed.length && out.length() < 4000; i++) {
      int c = changed[i] & 0xff;
      if (c <= ' ' || c >= 0x7f || c == '#') {
        out.append('%')
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 15, 16));
      } else {
        out.append((char) c);
      }
    }
    return out.toString();
  }

  private static Future<Integer> answer(Sent r) {
    RequestOptions options =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(server.server().port())
            .setMethod(HttpMethod.valueOf(r.method))
            .setURI(r.uri());
    r.headers.forEach(options::putHeader);
    boolean streams = r.uri().contains("watch") || r.uri().contains("follow");
    Promise<Integer> code = Promise.promise();
    CONTEXT.runOnContext(_ ->
        client
            .request(options.setIdleTimeout(40_000))
            .compose(request -> answer(request, r, streams))
            .recover(failure ->
                failure instanceof io.vertx.core.http.HttpClosedException
                    ? Future.succeededFuture(400) // HTTP's own rules were broken: it hangs up
                    : Future.failedFuture(failure))
            .onComplete(code));
    return code.future();
  }

  private static Future<Integer> answer(HttpClientRequest request, Sent r, boolean streams) {
    return request
        .send(Buffer.buffer(r.body))
        .compose(response -> {
          if (streams) {
            request.reset();
            return Future.succeededFuture(response.statusCode());
          }
          return response.body().map(_ -> response.statusCode());
        });
  }
}
