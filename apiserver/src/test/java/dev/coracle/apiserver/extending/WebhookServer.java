package dev.coracle.apiserver.extending;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestPki;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;

/** A small HTTPS server whose paths answer reviews as a test tells them to. */
final class WebhookServer {

  /** What a path does with the {@code request} of a review, besides echoing its uid. */
  interface Answer extends Function<JsonNode, ObjectNode> {}

  private final Vertx vertx;
  private final HttpServer server;
  private final TestPki pki;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Map<String, List<JsonNode>> seen = new ConcurrentHashMap<>();
  private final Map<String, Function<JsonNode, byte[]>> bodies = new ConcurrentHashMap<>();
  private final Map<String, List<String>> traces = new ConcurrentHashMap<>();
  private final Map<String, List<String>> shown = new ConcurrentHashMap<>();
  private final Queue<String> pauses = new ConcurrentLinkedQueue<>();
  private volatile boolean service;

  WebhookServer(Vertx vertx, TestPki pki) throws Exception {
    this.vertx = vertx;
    this.pki = pki;
    pki.issue("hook", "/CN=hook", "localhost", "hook.default.svc", "127.0.0.1");
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("0.0.0.0")
                    .setPort(0)
                    .setSsl(true)
                    .setClientAuth(ClientAuth.REQUEST)
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(pki.path("ca.crt").toString()))
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(pki.path("hook.crt").toString())
                            .setKeyPath(pki.path("hook.key").toString())))
            .requestHandler(this::handle);
    server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  int port() {
    return server.actualPort();
  }

  /** Base64 of the PEM of who signed this server's certificate. */
  String caBundle() {
    try {
      return Base64.getEncoder().encodeToString(Files.readAllBytes(pki.path("ca.crt")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Registers a path; gives the clientConfig that leads there. */
  String on(String path, Answer answer) {
    answers.put(path, answer);
    seen.put(path, new CopyOnWriteArrayList<>());
    return service
        ? "{service: {namespace: default, name: hook, port: 8443, path: "
            + path
            + "}, caBundle: "
            + caBundle()
            + "}"
        : "{url: \"https://127.0.0.1:" + port() + path + "\", caBundle: " + caBundle() + "}";
  }

  /**
   * Makes the Service {@code default/hook} with this server as its endpoint, where the machine has
   * an address besides loopback; from then on the Service is where {@link #on} leads.
   */
  void behindService(TestApi api) throws IOException {
    // The machine's own address, and not that of an interface that another test takes away.
    String address = "";
    try (DatagramSocket towards = new DatagramSocket()) {
      towards.connect(new InetSocketAddress("203.0.113.1", 9));
      address = towards.getLocalAddress().getHostAddress();
    } catch (UncheckedIOException e) {
      // No route leads out.
    }
    if (address.isEmpty() || address.equals("0.0.0.0")) {
      return;
    }
    api.post(
            "/api/v1/namespaces/default/services",
            "{metadata: {name: hook}, spec: {ports: [{port: 8443, targetPort: " + port() + "}]}}")
        .ok();
    api.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            "{metadata: {name: hook-1, labels: {kubernetes.io/service-name: hook}}, addressType:"
                + " IPv4, endpoints: [{addresses: ["
                + address
                + "], conditions: {ready: true}}], ports: [{name: \"\", port: "
                + port()
                + "}]}")
        .ok();
    service = true;
  }

  /** The reviews' requests that came to this path. */
  List<JsonNode> seen(String path) {
    return seen.getOrDefault(path, List.of());
  }

  /** The traces that calls of this path named. */
  List<String> traces(String path) {
    return traces.getOrDefault(path, List.of());
  }

  /** Of each call of this path, the header of credentials and the name in the certificate. */
  List<String> shown(String path) {
    return shown.getOrDefault(path, List.of());
  }

  private static String shown(HttpServerRequest request) {
    String name = "";
    try {
      var chain = request.sslSession().getPeerCertificates();
      name = ((X509Certificate) chain[0]).getSubjectX500Principal().getName();
    } catch (SSLPeerUnverifiedException e) {
      // Without a certificate.
    }
    return String.valueOf(request.getHeader("Authorization")) + " " + name;
  }

  /** As {@link #on}, with the whole body that answers a request of a review. */
  String onWhole(String path, Function<JsonNode, byte[]> body) {
    bodies.put(path, body);
    return on(path, _ -> allow());
  }

  /** The next requests of all paths are put off. */
  void busy(int times, String retryAfter) {
    pauses.addAll(Collections.nCopies(times, retryAfter));
  }

  private void handle(HttpServerRequest request) {
    String pause = pauses.poll();
    if (pause != null) {
      request.response().setStatusCode(503).putHeader("Retry-After", pause).end();
      return;
    }
    shown.computeIfAbsent(request.path(), _ -> new CopyOnWriteArrayList<>()).add(shown(request));
    String trace = request.getHeader("traceparent");
    if (trace != null) {
      traces.computeIfAbsent(request.path(), _ -> new CopyOnWriteArrayList<>()).add(trace);
    }
    Function<JsonNode, byte[]> whole = bodies.get(request.path());
    if (whole != null) {
      request
          .body()
          .onSuccess(body -> {
            byte[] bytes = whole.apply(Json.parse(body.getBytes()).path("request"));
            request.response().putHeader("Content-Type", "application/json");
            request.response().end(Buffer.buffer(bytes));
          });
      return;
    }
    Answer answer = answers.get(request.path());
    if (answer == null) {
      request.response().setStatusCode(404).end();
      return;
    }
    request
        .body()
        .onSuccess(body -> {
          JsonNode review = Json.parse(body.getBytes());
          JsonNode asked = review.path("request");
          seen.computeIfAbsent(request.path(), _ -> new CopyOnWriteArrayList<>()).add(asked);
          ObjectNode out = Json.object();
          out.set("apiVersion", review.path("apiVersion"));
          out.set("kind", review.path("kind"));
          ObjectNode response = answer.apply(asked);
          if (response.path("hang").asBoolean()) {
            return;
          }
          JsonNode late = response.remove("late");
          if (!response.has("uid")) {
            response.set("uid", asked.path("uid"));
          }
          out.set("response", response);
          request.response().putHeader("Content-Type", "application/json");
          Buffer bytes = Buffer.buffer(Json.bytes(out));
          if (late == null) {
            request.response().end(bytes);
          } else {
            vertx.setTimer(late.asLong(), _ -> answer(request, bytes));
          }
        });
  }

  /** Whoever asked may have gone meanwhile. */
  private static void answer(HttpServerRequest request, Buffer bytes) {
    if (!request.response().closed()) {
      request.response().end(bytes);
    }
  }

  /** Allows after so many milliseconds. */
  static ObjectNode allowAfter(long millis) {
    return allow().put("late", millis);
  }

  static ObjectNode allow() {
    return Json.object().put("allowed", true);
  }

  static ObjectNode deny(String message) {
    ObjectNode out = Json.object().put("allowed", false);
    out.putObject("status").put("message", message);
    return out;
  }

  static ObjectNode patch(String patch) {
    return allow()
        .put("patchType", "JSONPatch")
        .put("patch", Base64.getEncoder().encodeToString(patch.getBytes(StandardCharsets.UTF_8)));
  }
}
