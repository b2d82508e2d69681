package dev.coracle.kubelet.internal.probe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

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
  private static final String HOOK_AGENT = "kube-lifecycle/1.36";

  private final RuntimeService runtime;
  private final HttpGets http;
  private final NetClient tcp;
  private final GrpcHealth grpc;
  private final String userAgent;

  public Handlers(Vertx vertx, RuntimeService runtime, String userAgent) {
    this.runtime = runtime;
    this.userAgent = userAgent;
    this.http = new HttpGets(vertx);
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
    if (port(container, action.path("port")) <= 0) {
      return Outcome.unknown(portMissing(action));
    }
    String url = url(scheme(action), container, action, podIp);
    try {
      HttpGets.Reply reply = http.send(url, action.path("httpHeaders"), userAgent, limit);
      if (reply.status() < 200 || reply.status() >= 400) {
        return Outcome.failure("HTTP probe failed with statuscode: " + reply.status());
      }
      return reply.status() < 300
          ? Outcome.SUCCESS
          : new Outcome(
              Result.WARNING, "Probe terminated redirects, Response body: " + reply.body());
    } catch (HttpGets.NoReply e) {
      return Outcome.failure(String.valueOf(e.getMessage()));
    }
  }

  /**
   * The request of a lifecycle hook. Whatever is answered is good, by HTTP too where HTTPS was
   * asked for.
   *
   * @param plain hears the host and port where HTTPS was asked for and HTTP answered
   * @return why nothing was answered; empty for success
   */
  public Optional<String> hook(
      ContainerSpec container,
      JsonNode action,
      String podIp,
      Duration limit,
      Consumer<String> plain) {
    if (port(container, action.path("port")) <= 0) {
      return Optional.of(portMissing(action));
    }
    JsonNode headers = action.path("httpHeaders");
    try {
      http.send(url(scheme(action), container, action, podIp), headers, HOOK_AGENT, limit);
      return Optional.empty();
    } catch (HttpGets.NoReply e) {
      if (e.isPlain()) {
        String url = url("http", container, action, podIp);
        try {
          http.send(url, open(headers), HOOK_AGENT, limit);
          plain.accept(URI.create(url).getRawAuthority());
          return Optional.empty();
        } catch (HttpGets.NoReply again) {
          // The first says more.
        }
      }
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** What may be told to everybody on the way. */
  private static JsonNode open(JsonNode headers) {
    ArrayNode out = Json.array();
    for (JsonNode header : headers) {
      if (!header.path("name").asText("").equalsIgnoreCase("Authorization")) {
        out.add(header);
      }
    }
    return out;
  }

  private static String scheme(JsonNode action) {
    return action.path("scheme").asText("HTTP").equalsIgnoreCase("HTTPS") ? "https" : "http";
  }

  private static String url(String scheme, ContainerSpec container, JsonNode action, String podIp) {
    String host = action.path("host").asText("");
    String path = action.path("path").asText("/");
    return scheme
        + "://"
        + authority(host.isEmpty() ? podIp : host, port(container, action.path("port")))
        + (path.startsWith("/") ? path : "/" + path);
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
    http.close();
    tcp.close().onFailure(e -> {});
    grpc.close();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
