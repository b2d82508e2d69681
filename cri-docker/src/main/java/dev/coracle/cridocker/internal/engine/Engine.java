package dev.coracle.cridocker.internal.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Docker daemon behind its UNIX socket. All methods block and are for virtual threads; what goes
 * on below them does not. Thread-safe.
 *
 * <p>Calls share few connections; what streams (logs, events) has connections of its own, and what
 * is handed over (exec, attach) is a {@link Hijacked} one.
 */
public final class Engine implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The newest version of the API that this client knows. */
  private static final String NEWEST = "1.48";

  /** The oldest it can do with (Docker 20.10). */
  private static final String OLDEST = "1.41";

  private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** The longest answer that is read; a list of some ten thousand images. */
  private static final int MOST_BYTES = 64 << 20;

  private static final int CALLS = 32;
  private static final int WAITING_CALLS = 4096;
  private static final int STREAMS = 4096;

  private final Vertx vertx;
  private final Path socket;
  private final SocketAddress address;
  private final HttpClient calls;
  private final HttpClient streams;
  private volatile String prefix = "";

  public Engine(Vertx vertx, Path socket) {
    this.vertx = vertx;
    this.socket = socket;
    this.address = SocketAddress.domainSocketAddress(socket.toString());
    HttpClientOptions options = new HttpClientOptions().setKeepAlive(true);
    this.calls =
        vertx.createHttpClient(
            new HttpClientOptions(options).setKeepAliveTimeout(30),
            new PoolOptions().setHttp1MaxSize(CALLS).setMaxWaitQueueSize(WAITING_CALLS));
    this.streams =
        vertx.createHttpClient(
            new HttpClientOptions(options).setKeepAliveTimeout(5),
            new PoolOptions().setHttp1MaxSize(STREAMS).setMaxWaitQueueSize(0));
  }

  /**
   * Agrees with the daemon on a version of the API.
   *
   * @return what the daemon says about its own version
   * @throws EngineException the daemon is too old, too new or not there
   */
  public JsonNode connect() throws EngineException {
    JsonNode version = get("/version");
    String newest = version.path("ApiVersion").asText("0");
    String oldest = version.path("MinAPIVersion").asText("0");
    if (number(newest) < number(OLDEST)) {
      throw new EngineException(
          EngineException.NO_ANSWER,
          "Docker "
              + version.path("Version").asText()
              + " speaks version "
              + newest
              + " of the Engine API; at least "
              + OLDEST
              + " is needed (Docker 20.10)");
    }
    String agreed = number(newest) < number(NEWEST) ? newest : NEWEST;
    prefix = "/v" + (number(agreed) < number(oldest) ? oldest : agreed);
    return version;
  }

  /** Whether the agreed version is this one or newer. */
  public boolean speaks(String version) {
    return prefix.length() > 2 && number(prefix.substring(2)) >= number(version);
  }

  /** Versions in their order; 0 for what is none. */
  private static int number(String version) {
    Matcher parts = VERSION.matcher(version);
    return parts.matches()
        ? Integer.parseInt(parts.group(1)) * 1000 + Integer.parseInt(parts.group(2))
        : 0;
  }

  /** A value for a path or a query. */
  public static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The query of filters: names with the values that are wanted. */
  public static String filters(Map<String, ? extends Iterable<String>> wanted) {
    return "filters=" + encode(JSON.valueToTree(wanted).toString());
  }

  public JsonNode get(String path) throws EngineException {
    return call(HttpMethod.GET, path, Map.of(), Buffer.buffer(), PATIENCE).body();
  }

  public JsonNode post(String path, JsonNode body) throws EngineException {
    return call(HttpMethod.POST, path, Map.of(), Buffer.buffer(body.toString()), PATIENCE).body();
  }

  /** An answer: HTTP's status below 400, and what came with it. */
  public record Answer(int status, JsonNode body) {}

  /**
   * Without a body.
   *
   * @param patience beyond what the engine itself may take
   */
  public Answer post(String path, Duration patience) throws EngineException {
    return call(HttpMethod.POST, path, Map.of(), Buffer.buffer(), PATIENCE.plus(patience));
  }

  public Answer post(String path) throws EngineException {
    return post(path, Duration.ZERO);
  }

  public void delete(String path) throws EngineException {
    call(HttpMethod.DELETE, path, Map.of(), Buffer.buffer(), PATIENCE);
  }

  private Answer call(
      HttpMethod method, String path, Map<String, String> headers, Buffer body, Duration patience)
      throws EngineException {
    return await(
        path,
        () ->
            calls
                .request(request(method, path, headers, body.length() > 0))
                // On the event loop, so that the body cannot pass before somebody reads it.
                .compose(r -> r.send(body).compose(Engine::answer)),
        patience);
  }

  private static Future<Answer> answer(HttpClientResponse response) {
    return body(response)
        .map(body -> {
          JsonNode json = parse(body);
          if (response.statusCode() >= 400) {
            throw refusal(response.statusCode(), json, body);
          }
          return new Answer(response.statusCode(), json);
        });
  }

  /** All of the answer, up to {@link #MOST_BYTES}. */
  private static Future<Buffer> body(HttpClientResponse response) {
    Promise<Buffer> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    response.handler(bytes -> {
      if (body.length() + bytes.length() <= MOST_BYTES) {
        body.appendBuffer(bytes);
      } else if (whole.tryFail("the answer is larger than " + MOST_BYTES + " bytes")) {
        response.request().reset();
      }
    });
    response.exceptionHandler(whole::tryFail);
    response.endHandler(_ -> whole.tryComplete(body));
    return whole.future();
  }

  private static JsonNode parse(Buffer body) {
    try {
      return body.length() == 0 ? MissingNode.getInstance() : JSON.readTree(body.getBytes());
    } catch (IOException e) {
      // Some answers are plain text.
      return MissingNode.getInstance();
    }
  }

  private static Refusal refusal(int status, JsonNode json, Buffer body) {
    return new Refusal(
        new EngineException(
            status, json.path("message").asText(body.toString(StandardCharsets.UTF_8).strip())));
  }

  /** Carries an {@link EngineException} through futures. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final EngineException exception;

    Refusal(EngineException exception) {
      super(exception);
      this.exception = exception;
    }
  }

  private RequestOptions request(
      HttpMethod method, String path, Map<String, String> headers, boolean json) {
    RequestOptions options =
        new RequestOptions()
            .setServer(address)
            .setHost("docker")
            .setPort(80)
            .setMethod(method)
            .setURI(prefix + path);
    headers.forEach(options::putHeader);
    if (json) {
      options.putHeader("Content-Type", "application/json");
    }
    return options;
  }

  /** All of a call happens on one event loop: an answer that nobody takes yet would be lost. */
  private <T> T await(String path, Supplier<Future<T>> call, Duration patience)
      throws EngineException {
    Promise<T> promise = Promise.promise();
    vertx.getOrCreateContext().runOnContext(v -> call.get().onComplete(promise));
    try {
      return promise
          .future()
          .toCompletionStage()
          .toCompletableFuture()
          .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Refusal refusal) {
        EngineException told = refusal.exception;
        throw new EngineException(told.status(), String.valueOf(told.getMessage()));
      }
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new EngineException(
          "cannot reach the Docker daemon at " + socket + ": " + cause.getMessage(), cause);
    } catch (TimeoutException e) {
      throw new EngineException("the Docker daemon does not answer " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException("interrupted", e);
    }
  }

  /** An answer that goes on for as long as there is something to tell. */
  public InputStream stream(HttpMethod method, String path, Map<String, String> headers)
      throws EngineException {
    return await(
        path,
        () ->
            streams
                .request(request(method, path, headers, false))
                .compose(r -> r.send().compose(this::stream)),
        PATIENCE);
  }

  private Future<InputStream> stream(HttpClientResponse response) {
    if (response.statusCode() >= 400) {
      return answer(response).map(a -> InputStream.nullInputStream());
    }
    return Future.succeededFuture(new BodyStream(vertx, response));
  }

  /** Loads an archive of images, as {@code docker load} does. */
  public void load(Path archive) throws IOException {
    JsonNode said =
        await(
                "/images/load",
                () ->
                    vertx
                        .fileSystem()
                        .open(archive.toString(), new OpenOptions().setRead(true).setWrite(false))
                        .compose(this::load),
                PATIENCE)
            .body();
    if (said.hasNonNull("error")) {
      throw new EngineException(500, said.path("error").asText());
    }
  }

  private Future<Answer> load(AsyncFile file) {
    Map<String, String> tar = Map.of("Content-Type", "application/x-tar");
    return streams
        .request(request(HttpMethod.POST, "/images/load?quiet=1", tar, false))
        .compose(r -> r.setChunked(true).send(file))
        .compose(Engine::answer)
        .eventually(file::close);
  }

  /** Sends a request after which the connection carries what the container reads and writes. */
  public Hijacked hijack(String path, JsonNode body) throws IOException {
    return Hijacked.open(
        socket, prefix + path, body.toString().getBytes(StandardCharsets.UTF_8), PATIENCE);
  }

  /** Without a body: whatever followed the head would be the container's input already. */
  public Hijacked hijack(String path) throws IOException {
    return Hijacked.open(socket, prefix + path, new byte[0], PATIENCE);
  }

  @Override
  public void close() {
    calls.close();
    streams.close();
  }
}
