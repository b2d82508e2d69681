package dev.coracle.kubelet.server.internal.stream;

import dev.coracle.kubelet.server.internal.link.SocketLink;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Opens upgraded HTTP/1.1 connections to the runtime's streaming server, for any method and
 * protocol. Call on an event loop: the link belongs to it.
 */
public final class UpgradeClient {
  private static final int MAX_HEAD = 64 * 1024;
  private static final int CONNECT_MILLIS = 10_000;

  private final Vertx vertx;
  private final NetClient client;
  private final Duration answerTimeout;
  private final Duration idleTimeout;

  /**
   * @param answerTimeout how long the runtime may take to answer 101
   */
  public UpgradeClient(Vertx vertx, Duration answerTimeout, Duration idleTimeout) {
    this.vertx = vertx;
    this.client =
        vertx.createNetClient(
            new NetClientOptions().setConnectTimeout(CONNECT_MILLIS).setTcpNoDelay(true));
    this.answerTimeout = answerTimeout;
    this.idleTimeout = idleTimeout;
  }

  /** An upgraded connection and the head of the answer. */
  record Upgraded(SocketLink link, MultiMap headers) {}

  /** Fails with {@link UpgradeRefused} when the server answers anything but 101. */
  Future<Upgraded> upgrade(URI uri, String method, Map<String, String> headers) {
    boolean tls = "https".equals(uri.getScheme());
    int port = uri.getPort() > 0 ? uri.getPort() : tls ? 443 : 80;
    ConnectOptions target = new ConnectOptions().setHost(uri.getHost()).setPort(port);
    if (tls) {
      // The runtime serves with a certificate of its own making; the URL came over its UNIX socket.
      target
          .setSsl(true)
          .setSslOptions(
              new ClientSSLOptions().setTrustAll(true).setHostnameVerificationAlgorithm(""));
    }
    return client.connect(target).compose(socket -> handshake(socket, uri, method, headers));
  }

  private Future<Upgraded> handshake(
      NetSocket socket, URI uri, String method, Map<String, String> headers) {
    StringBuilder head = new StringBuilder(method).append(' ').append(uri.getRawPath());
    if (uri.getRawQuery() != null) {
      head.append('?').append(uri.getRawQuery());
    }
    head.append(" HTTP/1.1\r\nHost: ")
        .append(uri.getRawAuthority())
        .append("\r\nConnection: Upgrade\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (!method.equals("GET")) {
      head.append("Content-Length: 0\r\n");
    }
    Promise<Upgraded> promise = Promise.promise();
    long timer =
        vertx.setTimer(
            answerTimeout.toMillis(),
            t -> {
              socket.close();
              promise.tryFail(
                  new TimeoutException("the container runtime did not answer the stream request"));
            });
    promise.future().onComplete(r -> vertx.cancelTimer(timer));
    Buffer answer = Buffer.buffer();
    socket.closeHandler(v -> promise.tryFail(new UpgradeRefused("connection closed")));
    socket.exceptionHandler(promise::tryFail);
    socket.handler(bytes -> {
      answer.appendBuffer(bytes);
      int end = endOfHead(answer);
      if (end >= 0) {
        socket.pause();
        socket.handler(null);
        answered(socket, answer, end, promise);
      } else if (answer.length() > MAX_HEAD) {
        socket.close();
        promise.tryFail(new UpgradeRefused("answer is too long"));
      }
    });
    socket.write(head.append("\r\n").toString(), "ISO-8859-1");
    return promise.future();
  }

  private void answered(NetSocket socket, Buffer answer, int end, Promise<Upgraded> promise) {
    String[] lines = answer.getString(0, end, "ISO-8859-1").split("\r\n", -1);
    String[] status = lines[0].split(" ", 3);
    if (status.length < 2 || !status[1].equals("101")) {
      socket.close();
      promise.tryFail(new UpgradeRefused(lines[0]));
      return;
    }
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        headers.add(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip());
      }
    }
    Buffer early = answer.getBuffer(end + 4, answer.length());
    SocketLink link = new SocketLink(vertx, socket, early, idleTimeout.toMillis());
    if (!promise.tryComplete(new Upgraded(link, headers))) {
      link.closeNow();
    }
  }

  private static int endOfHead(Buffer answer) {
    for (int i = 3; i < answer.length(); i++) {
      if (answer.getByte(i) == '\n'
          && answer.getByte(i - 1) == '\r'
          && answer.getByte(i - 2) == '\n') {
        return i - 3;
      }
    }
    return -1;
  }

  public void close() {
    client.close();
  }
}
