package dev.coracle.kubelet.internal.probe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.client.net.BoundedBody;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One attempt of each kind of probe (Kubernetes docs, "Probe check methods"). Blocks, on virtual
 * threads, never longer than its limit.
 */
public final class Handlers implements AutoCloseable {
  /** What an attempt came to. */
  public enum Result {
    SUCCESS,
    /** As good, and worth an event: a redirect that is not followed. */
    WARNING,
    FAILURE,
    /** The attempt itself could not be made, which says nothing of the container. */
    UNKNOWN
  }

  /**
   * @param message for the event; empty on success
   */
  public record Outcome(Result result, String message) {
    static final Outcome SUCCESS = new Outcome(Result.SUCCESS, "");

    static Outcome failure(String message) {
      return new Outcome(Result.FAILURE, message);
    }

    static Outcome unknown(String message) {
      return new Outcome(Result.UNKNOWN, message);
    }

    public boolean success() {
      return result == Result.SUCCESS || result == Result.WARNING;
    }
  }

  private static final int BODY_LIMIT = 10 << 10;
  private static final int REDIRECTS = 10;

  private final RuntimeService runtime;
  private final HttpClient http;
  private final NetClient tcp;
  private final GrpcHealth grpc;
  private final String userAgent;

  public Handlers(Vertx vertx, RuntimeService runtime, String userAgent) {
    this.runtime = runtime;
    this.userAgent = userAgent;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(false)
                .setTrustAll(true)
                .setVerifyHost(false)
                .setDecompressionSupported(false));
    this.tcp = vertx.createNetClient(new NetClientOptions().setReconnectAttempts(0));
    this.grpc = new GrpcHealth(vertx);
  }

  public Outcome exec(String containerId, List<String> command, Duration limit) {
    try {
      ExecSyncResponse r = runtime.execSync(containerId, command, limit);
      if (r.getExitCode() == 0) {
        return Outcome.SUCCESS;
      }
      String out = r.getStdout().toStringUtf8() + r.getStderr().toStringUtf8();
      return Outcome.failure(limited(out));
    } catch (CriException e) {
      return e.code() == CriException.Code.DEADLINE_EXCEEDED
          ? Outcome.failure(
              "command timed out: "
                  + quoteAll(command)
                  + " timed out after "
                  + dev.coracle.kubelet.internal.pod.GoText.duration(limit))
          : Outcome.unknown(e.describe());
    }
  }

  private static String quoteAll(List<String> command) {
    return "\"" + String.join(" ", command) + "\"";
  }

  /**
   * @param podIp where the request goes unless the action names a host
   */
  public Outcome http(
      Pod pod, ContainerSpec container, JsonNode action, String podIp, Duration limit) {
    int port = port(container, action.path("port"));
    if (port <= 0) {
      return Outcome.unknown(portMissing(action));
    }
    String host = action.path("host").asText("");
    if (host.isEmpty()) {
      host = podIp;
    }
    boolean ssl = action.path("scheme").asText("HTTP").toUpperCase(Locale.ROOT).equals("HTTPS");
    String path = action.path("path").asText("/");
    String url =
        (ssl ? "https://" : "http://")
            + authority(host, port)
            + (path.startsWith("/") ? path : "/" + path);
    return get(url, action, limit, 0);
  }

  private Outcome get(String url, JsonNode action, Duration limit, int redirects) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(url)
            .setConnectTimeout(limit.toMillis())
            .putHeader("User-Agent", userAgent)
            .putHeader("Accept", "*/*")
            .putHeader("Connection", "close");
    for (JsonNode header : action.path("httpHeaders")) {
      options.putHeader(header.path("name").asText(), header.path("value").asText());
    }
    record Answer(int status, String location, Buffer body) {}
    CompletableFuture<HttpClientRequest> sent = new CompletableFuture<>();
    Future<Answer> answer =
        http.request(options)
            // On the event loop, so that the body cannot pass before somebody reads it.
            .compose(request -> {
              sent.complete(request);
              return request
                  .send()
                  .compose(r ->
                      BoundedBody.beginning(r, BODY_LIMIT)
                          .map(b ->
                              new Answer(
                                  r.statusCode(),
                                  Objects.requireNonNullElse(r.getHeader("Location"), ""),
                                  b)));
            });
    try {
      Answer a =
          answer
              .toCompletionStage()
              .toCompletableFuture()
              .get(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (a.status < 200 || a.status >= 400) {
        return Outcome.failure("HTTP probe failed with statuscode: " + a.status);
      }
      if (a.status < 300) {
        return Outcome.SUCCESS;
      }
      if (!a.location.isEmpty()) {
        URI next = URI.create(url).resolve(a.location);
        if (String.valueOf(next.getHost()).equals(URI.create(url).getHost())) {
          return redirects < REDIRECTS
              ? get(next.toString(), action, limit, redirects + 1)
              : Outcome.failure("Get \"" + next + "\": stopped after 10 redirects");
        }
      }
      return new Outcome(Result.WARNING, "Probe terminated redirects, Response body: " + a.body);
    } catch (ExecutionException e) {
      return Outcome.failure("Get \"" + url + "\": " + NetworkWords.request(e, URI.create(url)));
    } catch (TimeoutException e) {
      // Its connection would be one of the few to this port for as long as nobody answers.
      sent.thenAccept(HttpClientRequest::reset);
      return Outcome.failure("Get \"" + url + "\": " + NetworkWords.LATE);
    } catch (InterruptedException e) {
      sent.thenAccept(HttpClientRequest::reset);
      Thread.currentThread().interrupt();
      return Outcome.failure("Get \"" + url + "\": context canceled");
    } catch (IllegalArgumentException | IllegalStateException e) {
      return Outcome.failure("Get \"" + url + "\": " + e.getMessage());
    }
  }

  public Outcome tcp(ContainerSpec container, JsonNode action, String podIp, Duration limit) {
    int port = port(container, action.path("port"));
    if (port <= 0) {
      return Outcome.unknown(portMissing(action));
    }
    String named = action.path("host").asText("");
    String host = named.isEmpty() ? podIp : named;
    try {
      tcp.connect(port, host)
          .compose(io.vertx.core.net.NetSocket::close)
          .toCompletionStage()
          .toCompletableFuture()
          .get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return Outcome.SUCCESS;
    } catch (ExecutionException e) {
      return Outcome.failure(NetworkWords.dial(e, host, port));
    } catch (TimeoutException e) {
      return Outcome.failure("dial tcp " + authority(host, port) + ": i/o timeout");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.failure("dial tcp " + authority(host, port) + ": operation was canceled");
    } catch (IllegalStateException e) {
      return Outcome.failure("dial tcp " + authority(host, port) + ": " + e.getMessage());
    }
  }

  /** The gRPC health protocol. */
  public Outcome grpc(JsonNode action, String podIp, Duration limit) {
    return grpc.check(podIp, action.path("port").asInt(), action.path("service").asText(""), limit);
  }

  /** With brackets around an address of IPv6 (RFC 3986 section 3.2.2). */
  static String authority(String host, int port) {
    boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
    return (bare ? "[" + host + "]" : host) + ":" + port;
  }

  private static String portMissing(JsonNode action) {
    return "couldn't find port: " + action.path("port").asText();
  }

  private static String limited(String text) {
    return text.length() > BODY_LIMIT ? text.substring(0, BODY_LIMIT) : text;
  }

  /** A number, or the name of one of the container's ports; zero when there is none. */
  static int port(ContainerSpec container, JsonNode port) {
    if (port.isNumber()) {
      return port.asInt();
    }
    String name = port.asText("");
    for (JsonNode p : container.node().path("ports")) {
      if (p.path("name").asText("").equals(name)) {
        return p.path("containerPort").asInt();
      }
    }
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** The words of an exec action. */
  static List<String> command(JsonNode exec) {
    List<String> out = new ArrayList<>();
    exec.path("command").forEach(c -> out.add(c.asText()));
    return out;
  }

  @Override
  public void close() {
    http.close().onFailure(e -> {});
    tcp.close().onFailure(e -> {});
    grpc.close();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
