package dev.coracle.dashboard.fake;

import static dev.coracle.dashboard.fake.FakeCluster.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SelfSignedCertificate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP side of {@link FakeCluster}. Requests are handled on one event loop. Tokens: {@code
 * admin} may everything, {@code viewer} may only read.
 */
public final class FakeApiServer implements AutoCloseable {
  private static final Set<String> READS = Set.of("get", "list", "watch");

  private final Vertx vertx = Vertx.vertx();
  private final DashboardFiles files = new DashboardFiles();
  private final HttpServer server;
  private final boolean secure;
  private final Map<HttpServerResponse, String> streams = new ConcurrentHashMap<>();
  private volatile String expiring = "";

  public final FakeCluster cluster;

  /** Requests as they came: "METHOD path?query body". */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  /** Log texts by namespace/pod/container; what is appended here goes to followers. */
  public final FakeLogs logs = new FakeLogs();

  /** When true, every request of the API is answered 503. */
  public volatile boolean broken;

  private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
  private volatile String abortedPath = "";
  private final AtomicInteger aborts = new AtomicInteger();

  /** Answers of metrics.k8s.io and logs.coracle.dev by path; absent is 404. */
  public final Map<String, ObjectNode> metrics = new ConcurrentHashMap<>();

  /** What is told beside such answers, by path: values of Warning headers. */
  public final Map<String, List<String>> warnings = new ConcurrentHashMap<>();

  /** Starts on a free port; HTTP/2 needs {@code secure}. */
  public FakeApiServer(FakeCluster cluster, boolean secure, int port) throws Exception {
    this.cluster = cluster;
    this.secure = secure;
    HttpServerOptions options = new HttpServerOptions().setPort(port).setHost("127.0.0.1");
    if (secure) {
      SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
      options
          .setSsl(true)
          .setUseAlpn(true)
          .setKeyCertOptions(certificate.keyCertOptions())
          .setTrustOptions(certificate.trustOptions());
    }
    options.setWebSocketSubProtocols(List.of("v5.channel.k8s.io"));
    server =
        vertx
            .createHttpServer(options)
            .requestHandler(this::accept)
            .webSocketHandler(FakeExec::serve)
            .connectionHandler(connection -> {
              connections.add(connection);
              connection.closeHandler(ignored -> connections.remove(connection));
            });
    server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  public String url() {
    return (secure ? "https" : "http") + "://127.0.0.1:" + server.actualPort() + "/dashboard/";
  }

  /** Breaks every open watch, as a restart of the server does. */
  public void dropStreams() {
    streams.keySet().forEach(HttpServerResponse::reset);
    streams.clear();
  }

  /**
   * Breaks every connection and all that goes on over it, as a browser does when its network
   * changes.
   */
  public void dropConnections() {
    connections.forEach(HttpConnection::close);
  }

  /** Breaks off the next requests whose path has these words in it. */
  public void abortNext(int count, String path) {
    abortedPath = path;
    aborts.set(count);
  }

  /** How many requests are still to be broken off. */
  public int leftToAbort() {
    return aborts.get();
  }

  /**
   * Ends the open watch of this kind with an ERROR event, as a server does whose history ran out;
   * the next one where none is open at this moment.
   */
  public void expireStream(String resource) {
    expiring = "/" + resource;
    for (Map.Entry<HttpServerResponse, String> stream : streams.entrySet()) {
      if (stream.getValue().endsWith(expiring)) {
        vertx.runOnContext(ignored -> expire(stream.getKey(), stream.getValue()));
      }
    }
  }

  private boolean expire(HttpServerResponse response, String path) {
    if (expiring.isEmpty() || !path.endsWith(expiring) || response.closed() || response.ended()) {
      return false;
    }
    expiring = "";
    response.end(
        "{\"type\":\"ERROR\",\"object\":"
            + new FakeStatus(410, "Expired", "gone").toJson()
            + "}\n");
    return true;
  }

  public int openStreams() {
    return streams.size();
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void accept(HttpServerRequest request) {
    if (request.uri().contains(abortedPath) && aborts.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      request.response().reset();
      return;
    }
    if (request.path().startsWith("/dashboard")) {
      files.handle(request);
      return;
    }
    request
        .body()
        .onSuccess(body -> {
          String text = body.toString(StandardCharsets.UTF_8);
          requests.add(request.method() + " " + request.uri() + " " + text);
          try {
            answer(request, text);
          } catch (FakeStatus status) {
            send(request, status.code, status.toJson());
          } catch (FakeCluster.Expired expired) {
            send(request, 410, new FakeStatus(410, "Expired", "too old").toJson());
          } catch (Exception e) {
            send(request, 500, new FakeStatus(500, "InternalError", e.toString()).toJson());
          }
        });
  }

  private void answer(HttpServerRequest request, String body) throws Exception {
    if (broken) {
      throw new FakeStatus(503, "ServiceUnavailable", "the fake is broken");
    }
    String user = user(request);
    String path = request.path();
    switch (path) {
      case "/readyz" -> request.response().end("ok");
      case "/version" -> send(request, 200, JSON.createObjectNode().put("gitVersion", "v1.36.0"));
      case "/apis/authentication.k8s.io/v1/selfsubjectreviews" ->
          send(request, 201, FakeReviews.whoAmI(user));
      case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" -> {
        String verb = JSON.readTree(body).at("/spec/resourceAttributes/verb").asText();
        send(request, 201, FakeReviews.allowed(user.equals("admin") || READS.contains(verb)));
      }
      case "/api", "/apis" -> send(request, 200, FakeReviews.discovery(path.equals("/api")));
      default -> {
        ObjectNode measured = metrics.get(path);
        if (measured != null) {
          request.response().putHeader("Warning", warnings.getOrDefault(path, List.of()));
          send(request, 200, measured);
        } else {
          resource(request, user, FakePath.parse(path), body);
        }
      }
    }
  }

  private static String user(HttpServerRequest request) {
    String header = request.getHeader("Authorization");
    String token = header == null ? "" : header.replaceFirst("^Bearer ", "");
    if (!token.equals("admin") && !token.equals("viewer")) {
      throw new FakeStatus(401, "Unauthorized", "Unauthorized");
    }
    return token;
  }

  private void resource(HttpServerRequest request, String user, FakePath path, String body)
      throws Exception {
    String method = request.method().name();
    if (!method.equals("GET") && !user.equals("admin")) {
      throw new FakeStatus(403, "Forbidden", "User \"" + user + "\" cannot do this");
    }
    if (path.subresource().equals("log")) {
      logs.serve(vertx, request, path);
      return;
    }
    boolean dryRun = "All".equals(request.getParam("dryRun"));
    switch (method) {
      case "GET" -> {
        if (!path.name().isEmpty()) {
          send(request, 200, require(path));
        } else if ("1".equals(request.getParam("watch"))) {
          watch(request, path);
        } else {
          send(request, 200, list(request, path));
        }
      }
      case "POST" -> send(request, 201, FakeWrites.create(cluster, path, body, dryRun));
      case "PUT" -> send(request, 200, FakeWrites.update(cluster, path, body, dryRun));
      case "PATCH" -> send(request, 200, FakeWrites.patch(cluster, path, body, dryRun));
      case "DELETE" -> {
        ObjectNode old = cluster.delete(path.kind(), path.namespace(), path.name());
        send(request, 200, old == null ? require(path) : old);
      }
      default -> throw new FakeStatus(405, "MethodNotAllowed", method);
    }
  }

  private ObjectNode require(FakePath path) {
    @Nullable ObjectNode found = cluster.get(path.kind(), path.namespace(), path.name());
    if (found == null) {
      throw new FakeStatus(
          404, "NotFound", path.kind().resource() + " \"" + path.name() + "\" not found");
    }
    return found;
  }

  private ObjectNode list(HttpServerRequest request, FakePath path) {
    List<ObjectNode> items = new ArrayList<>();
    long revision;
    synchronized (cluster) {
      items.addAll(cluster.list(path.kind(), selector(request, path)));
      revision = cluster.revision();
    }
    String accept = String.valueOf(request.getHeader("Accept"));
    if (accept.contains("as=Table")) {
      return FakeReviews.table(items, revision);
    }
    int limit = Integer.parseInt(param(request, "limit", "100000"));
    String next = param(request, "continue", "");
    int from =
        next.isEmpty()
            ? 0
            : Integer.parseInt(
                new String(Base64.getUrlDecoder().decode(next), StandardCharsets.UTF_8));
    int to = Math.min(items.size(), from + limit);
    ObjectNode list =
        JSON.createObjectNode()
            .put("kind", path.kind().kind() + "List")
            .put("apiVersion", path.kind().apiVersion());
    ObjectNode meta = list.putObject("metadata").put("resourceVersion", Long.toString(revision));
    if (to < items.size()) {
      meta.put(
          "continue",
          Base64.getUrlEncoder()
              .encodeToString(Integer.toString(to).getBytes(StandardCharsets.UTF_8)));
    }
    ArrayNode array = list.putArray("items");
    for (ObjectNode item : items.subList(from, to)) {
      ObjectNode copy = item.deepCopy();
      copy.remove(List.of("kind", "apiVersion"));
      array.add(copy);
    }
    return list;
  }

  private void watch(HttpServerRequest request, FakePath path) {
    HttpServerResponse response = request.response();
    Predicate<JsonNode> wanted = selector(request, path);
    long from = Long.parseLong(param(request, "resourceVersion", "0"));
    var context = vertx.getOrCreateContext();
    FakeCluster.Listener listener =
        change -> {
          if (change.kind().equals(path.kind()) && wanted.test(change.object())) {
            ObjectNode event = JSON.createObjectNode().put("type", change.type());
            event.set("object", change.object());
            context.runOnContext(ignored -> write(response, event + "\n"));
          }
        };
    response.setChunked(true).putHeader("Content-Type", "application/json");
    if (expire(response, request.path())) {
      return;
    }
    cluster.watch(from, listener);
    streams.put(response, request.path());
    response.closeHandler(ignored -> ended(response, listener));
    response.exceptionHandler(ignored -> ended(response, listener));
    response.endHandler(ignored -> ended(response, listener));
    context.runOnContext(ignored -> {
      if (!response.headWritten() && !response.closed()) {
        response.writeHead();
      }
    });
  }

  private static void write(HttpServerResponse response, String text) {
    if (!response.closed() && !response.ended()) {
      response.write(text);
    }
  }

  private void ended(HttpServerResponse response, FakeCluster.Listener listener) {
    streams.remove(response);
    cluster.unwatch(listener);
  }

  private static Predicate<JsonNode> selector(HttpServerRequest request, FakePath path) {
    String namespace = path.namespace();
    String fields = param(request, "fieldSelector", "");
    String labels = param(request, "labelSelector", "");
    return object -> {
      if (!namespace.isEmpty() && !object.at("/metadata/namespace").asText().equals(namespace)) {
        return false;
      }
      for (String term : fields.isEmpty() ? new String[0] : fields.split(",")) {
        String[] pair = term.split("=", 2);
        if (!object.at("/" + pair[0].replace('.', '/')).asText().equals(pair[1])) {
          return false;
        }
      }
      for (String term : labels.isEmpty() ? new String[0] : labels.split(",")) {
        String[] pair = term.split("=", 2);
        if (!object.at("/metadata/labels").path(pair[0]).asText().equals(pair[1])) {
          return false;
        }
      }
      return true;
    };
  }

  static String param(HttpServerRequest request, String name, String absent) {
    String value = request.getParam(name);
    return value == null ? absent : value;
  }

  private static void send(HttpServerRequest request, int code, JsonNode json) {
    if (!request.response().ended()) {
      request
          .response()
          .setStatusCode(code)
          .putHeader("Content-Type", "application/json")
          .end(json.toString());
    }
  }
}
