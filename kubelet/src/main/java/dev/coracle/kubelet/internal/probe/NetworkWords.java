package dev.coracle.kubelet.internal.probe;

import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.http.HttpClosedException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What went wrong with a connection, in the words of Go, which the events of probes tell. */
final class NetworkWords {
  /** A request whose time is over. */
  static final String LATE =
      "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

  /** A request by HTTPS that was answered by HTTP. */
  static final String PLAIN = "http: server gave HTTP response to HTTPS client";

  /** By what the system's error says, in lower case. */
  private static final Map<String, String> CONNECT =
      Map.of(
          "connection refused", "connect: connection refused",
          "no route to host", "connect: no route to host",
          "host is unreachable", "connect: no route to host",
          "network is unreachable", "connect: network is unreachable",
          "connection reset", "connect: connection reset by peer");

  private NetworkWords() {}

  /** What failed of a request: the connection, or what came after. */
  static String request(ExecutionException e, URI url) {
    Throwable cause = cause(e);
    boolean ssl = url.getScheme().equals("https");
    return switch (cause) {
      case ConnectTimeoutException _, TimeoutException _ -> LATE;
      case ConnectException _, NoRouteToHostException _, UnknownHostException _ ->
          dial(e, url.getHost(), url.getPort() > 0 ? url.getPort() : ssl ? 443 : 80);
      case HttpClosedException _ -> "EOF";
      case Throwable t when text(t).contains("connection reset") ->
          "read: connection reset by peer";
      case SSLException t when text(root(t)).contains("not an ssl/tls record") -> PLAIN;
      case SSLException t -> "tls: " + root(t).getMessage();
      default -> String.valueOf(cause.getMessage());
    };
  }

  static String dial(ExecutionException e, String host, int port) {
    Throwable cause = cause(e);
    String where = "dial tcp " + Handlers.authority(host, port) + ": ";
    if (cause instanceof ConnectTimeoutException) {
      return where + "i/o timeout";
    }
    if (cause instanceof UnknownHostException) {
      return "dial tcp: lookup " + host + ": no such host";
    }
    return where
        + CONNECT.entrySet().stream()
            .filter(known -> text(cause).contains(known.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(String.valueOf(cause.getMessage()));
  }

  private static String text(Throwable t) {
    return String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
  }

  /** What a failed handshake comes of. */
  private static Throwable root(Throwable t) {
    Throwable at = t;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return at;
  }

  private static Throwable cause(ExecutionException e) {
    return e.getCause() == null ? e : e.getCause();
  }
}
