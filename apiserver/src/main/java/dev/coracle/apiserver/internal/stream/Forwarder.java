package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.net.UrlHost;
import dev.coracle.api.tls.PemKeyManager;
import dev.coracle.apiserver.config.ApiServerOptions.Kubelets;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.client.net.BoundedBody;
import dev.coracle.client.net.SocketPump;
import dev.coracle.tracing.Tracing;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Hands requests on, body and answer with back-pressure in both directions. A request to upgrade
 * the connection becomes a tunnel of raw bytes once the other side has agreed; what is spoken in it
 * is the two ends' business.
 */
public final class Forwarder {

  private static final int CONNECT_MILLIS = 10_000;
  private static final int TUNNEL_MILLIS = 30_000;
  private static final int MOST_CONNECTIONS = 10_000;
  private static final int MOST_REFUSAL_BYTES = 64 << 10;

  /** Credentials and hop-by-hop headers, which end here. */
  private static final Set<String> DROPPED =
      Set.of(
          "authorization",
          "cookie",
          "host",
          "content-length",
          "x-remote-user",
          "x-remote-group",
          "x-remote-uid",
          "transfer-encoding",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer");

  /** What a page says of other origins would hold for the API server's own. */
  private static final Set<String> CROSS_ORIGIN =
      Set.of(
          "access-control-allow-credentials",
          "access-control-allow-headers",
          "access-control-allow-methods",
          "access-control-allow-origin");

  /** What says that it has no body where it has none. */
  private static final Set<HttpMethod> SAID_WITHOUT_BODY =
      Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);

  private static final String HTML = "text/html";

  private static final String TOKEN_PROTOCOL = "base64url.bearer.authorization.k8s.io.";

  private final Vertx vertx;
  private final HttpClientAgent kubelets;
  private final HttpClientAgent unverifiedKubelets;
  private final HttpClientAgent plain;
  private final PodLogMeters logs;

  public Forwarder(Vertx vertx, Kubelets options, PodLogMeters logs) {
    this.logs = logs;
    this.vertx = vertx;
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS);
    KeyCertOptions own =
        KeyCertOptions.wrap(PemKeyManager.of(options.clientCertificate(), options.clientKey()));
    kubelets =
        vertx.createHttpClient(
            base()
                .setSsl(true)
                .setVerifyHost(true)
                .setKeyCertOptions(own)
                .setTrustOptions(new PemTrustOptions().addCertPath(options.ca().toString())),
            pool);
    unverifiedKubelets =
        vertx.createHttpClient(
            base().setSsl(true).setTrustAll(true).setVerifyHost(false).setKeyCertOptions(own),
            pool);
    // Pods and Services show certificates of their own making: upstream does not check them either.
    plain = vertx.createHttpClient(base().setTrustAll(true).setVerifyHost(false), pool);
  }

  private static HttpClientOptions base() {
    return new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_1_1)
        .setUseAlpn(false)
        .setConnectTimeout(CONNECT_MILLIS)
        .setIdleTimeout(0)
        .setDecompressionSupported(false)
        .setMaxHeaderSize(64 << 10);
  }

  public void close() {
    kubelets.close();
    unverifiedKubelets.close();
    plain.close();
  }

  public void forward(Exchange exchange, Destination to) {
    boolean upgrade =
        exchange.header("Connection").toLowerCase(Locale.ROOT).contains("upgrade")
            && !exchange.header("Upgrade").isEmpty();
    if (upgrade && exchange.request().version() == HttpVersion.HTTP_2) {
      Responder.failure(
          exchange, StatusException.badRequest("an HTTP/2 stream can not be upgraded"));
      return;
    }
    HttpMethod method = upgrade ? HttpMethod.GET : exchange.request().method();
    RequestOptions options =
        new RequestOptions()
            .setHost(UrlHost.of(to.host()))
            .setPort(to.port())
            .setSsl(to.tls())
            .setMethod(method)
            .setURI(to.uri())
            .setConnectTimeout(CONNECT_MILLIS);
    if (to.via() != null) {
      // Two handshakes and two ways there and back instead of one.
      options.setServer(to.via()).setConnectTimeout(TUNNEL_MILLIS);
    } else if (to.peer() != null) {
      options.setServer(to.peer().address()).setSslOptions(to.peer().tls());
    }
    client(to)
        .request(options)
        .onSuccess(request -> {
          request.exceptionHandler(_ -> {});
          copyRequestHeaders(exchange, request, upgrade);
          if (to.peer() != null) {
            request.headers().addAll(to.peer().headers());
            Tracing.inject(exchange.trace(), request.headers()::set);
          }
          if (!to.proxyPrefix().isEmpty()) {
            asProxied(request, to);
          }
          if (upgrade) {
            tunnel(exchange, to, request);
          } else {
            plain(exchange, to, request);
          }
        })
        .onFailure(failure -> unreached(exchange, to, failure));
  }

  private HttpClientAgent client(Destination to) {
    if (!to.kubelet()) {
      return plain;
    }
    return to.unverified() ? unverifiedKubelets : kubelets;
  }

  /** Of another API server it is told as text, as upstream's aggregator does. */
  private void unreached(Exchange exchange, Destination to, Throwable failure) {
    logs.unreached(exchange, to, failure);
    StatusException told = DialFailure.of(to, failure);
    if (to.peer() == null) {
      Responder.failure(exchange, told);
    } else {
      Responder.text(exchange, told.status().code(), told.status().message() + "\n");
    }
  }

  /** The kubelet's answer as messages of a WebSocket, which the client has asked for. */
  void framed(Exchange exchange, Destination to) {
    if (exchange.request().version() == HttpVersion.HTTP_2) {
      Responder.failure(
          exchange, StatusException.badRequest("an HTTP/2 stream can not be upgraded"));
      return;
    }
    RequestOptions options =
        new RequestOptions()
            .setHost(UrlHost.of(to.host()))
            .setPort(to.port())
            .setSsl(to.tls())
            .setURI(to.uri())
            .setConnectTimeout(CONNECT_MILLIS);
    client(to)
        .request(options)
        .compose(HttpClientRequest::send)
        .onSuccess(response -> {
          if (response.statusCode() != 200) {
            exchange.request().resume();
            answer(exchange, to, response);
            return;
          }
          response.pause();
          WebSocketBody body = WebSocketBody.of(exchange);
          Hijack.socket(exchange, body.head(exchange))
              .onSuccess(client -> body.send(response, client))
              .onFailure(_ -> response.request().reset());
        })
        .onFailure(failure -> unreached(exchange, to, failure));
  }

  private static void copyRequestHeaders(Exchange exchange, HttpClientRequest to, boolean upgrade) {
    HttpServerRequest from = exchange.request();
    for (var header : from.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      boolean hop = name.equals("connection") || name.equals("upgrade");
      if (DROPPED.contains(name)
          || name.startsWith("impersonate-")
          || name.startsWith("x-remote-extra-")
          || hop && !upgrade
          || name.startsWith(":")) {
        continue;
      }
      String value = header.getValue();
      if (name.equals("sec-websocket-protocol")) {
        value = withoutToken(value);
        if (value.isEmpty()) {
          continue;
        }
      }
      to.headers().add(header.getKey(), value);
    }
    String remote = from.remoteAddress() == null ? "" : from.remoteAddress().hostAddress();
    if (remote != null && !remote.isEmpty()) {
      to.headers().add("X-Forwarded-For", remote);
    }
  }

  /**
   * Tells the other side the path it is shown under, as upstream does. A page comes as it is and
   * not compressed, since its links are rewritten on the way.
   */
  private static void asProxied(HttpClientRequest request, Destination to) {
    request.putHeader("X-Forwarded-Uri", to.proxyPrefix() + to.uri().split("\\?", 2)[0]);
    String accepted = request.headers().get("Accept");
    if (accepted != null && accepted.contains(HTML)) {
      request.headers().remove("Accept-Encoding");
    }
  }

  private static String withoutToken(String protocols) {
    return List.of(protocols.split(",")).stream()
        .map(String::trim)
        .filter(p -> !p.startsWith(TOKEN_PROTOCOL))
        .collect(java.util.stream.Collectors.joining(", "));
  }

  private void plain(Exchange exchange, Destination to, HttpClientRequest request) {
    HttpServerRequest from = exchange.request();
    HttpServerResponse back = exchange.response();
    if (back.closed()) {
      // The client went while the other side was dialed; nobody would say so any more.
      request.reset();
      return;
    }
    back.closeHandler(_ -> request.reset());
    String length = exchange.header("Content-Length");
    if (!length.isEmpty()) {
      request.putHeader("Content-Length", length);
    } else if (!exchange.header("Transfer-Encoding").isEmpty()) {
      request.setChunked(true);
    }
    request
        .response()
        .onSuccess(response -> answer(exchange, to, response))
        .onFailure(failure -> unreached(exchange, to, failure));
    if (length.isEmpty()
        && from.version() == HttpVersion.HTTP_2
        && from.method() != HttpMethod.GET
        && from.method() != HttpMethod.HEAD) {
      pipeUnsized(from, request);
    } else {
      pipe(from, request).onFailure(_ -> request.reset());
    }
  }

  /**
   * HTTP/2 does not say beforehand whether there is a body. With its first piece, or the end, it is
   * known: without one, the other side is told so in one go, as Go's proxy does.
   */
  private static void pipeUnsized(HttpServerRequest from, HttpClientRequest to) {
    from.exceptionHandler(_ -> to.reset());
    from.endHandler(_ -> {
      if (SAID_WITHOUT_BODY.contains(to.getMethod())) {
        to.putHeader("Content-Length", "0");
      }
      to.end();
    });
    from.handler(first -> {
      from.pause();
      to.setChunked(true);
      to.write(first);
      pipe(from, to).onFailure(_ -> to.reset());
    });
    from.resume();
  }

  private static void answer(Exchange exchange, Destination to, HttpClientResponse response) {
    if (to.translatesErrors() && response.statusCode() >= 400) {
      translate(exchange, to, response);
      return;
    }
    HttpServerResponse back = exchange.response();
    back.setStatusCode(response.statusCode());
    HostAndPort asked = exchange.request().authority();
    ProxiedLinks links = ProxiedLinks.of(to, asked == null ? "" : asked.toString());
    copyResponseHeaders(response.headers(), back, to, links);
    boolean rewrites = hasLinks(exchange, to, response);
    if (rewrites) {
      back.headers().remove("Content-Length");
    }
    if ((rewrites || response.getHeader("Content-Length") == null)
        && exchange.request().version() != HttpVersion.HTTP_2) {
      back.setChunked(true);
    }
    // The head of a log that is followed goes out before its first line is there.
    back.writeHead();
    ReadStream<Buffer> body =
        rewrites ? new RewrittenBody(response, new HtmlLinks(links::rewritten)) : response;
    pipe(body, back).onFailure(_ -> back.reset());
  }

  /** Whether the answer is a page that can be read on the way. */
  private static boolean hasLinks(Exchange exchange, Destination to, HttpClientResponse response) {
    String type = response.headers().get("Content-Type");
    String encoding = response.headers().get("Content-Encoding");
    return !to.proxyPrefix().isEmpty()
        && type != null
        && type.split(";", 2)[0].strip().equals(HTML)
        && (encoding == null || encoding.isEmpty())
        && response.headers().get("Location") == null
        && exchange.request().method() != HttpMethod.HEAD;
  }

  /** What is broken off is not ended: the other side would take it for whole. */
  private static Future<Void> pipe(ReadStream<Buffer> from, WriteStream<Buffer> to) {
    return from.pipe().endOnFailure(false).to(to);
  }

  private static void copyResponseHeaders(
      MultiMap from, HttpServerResponse to, Destination destination, ProxiedLinks links) {
    boolean proxied = !destination.proxyPrefix().isEmpty();
    for (var header : from) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.equals("connection")
          || name.equals("transfer-encoding")
          || name.equals("keep-alive")
          || proxied && CROSS_ORIGIN.contains(name)) {
        continue;
      }
      String value = header.getValue();
      if (proxied && name.equals("location")) {
        value = links.rewritten(value);
      }
      to.headers().add(header.getKey(), value);
    }
  }

  /** The kubelet speaks plain text; clients of the API want a Status. */
  private static void translate(Exchange exchange, Destination to, HttpClientResponse response) {
    BoundedBody.beginning(response, MOST_REFUSAL_BYTES)
        .onSuccess(body -> {
          int code = response.statusCode();
          String text = body.toString().strip();
          StatusException status =
              switch (code) {
                case 400 -> StatusException.badRequest(text);
                case 404 -> StatusException.of(StatusReason.NOT_FOUND, text);
                case 500 -> StatusException.internal(text);
                default -> StatusException.of(StatusReason.of("", code), text);
              };
          Responder.failure(exchange, status);
        })
        .onFailure(failure -> Responder.failure(exchange, DialFailure.of(to, failure)));
  }

  private void tunnel(Exchange exchange, Destination to, HttpClientRequest request) {
    request
        .connect()
        .onSuccess(response -> {
          if (response.statusCode() != 101) {
            exchange.request().resume();
            answer(exchange, to, response);
            return;
          }
          NetSocket there = response.netSocket();
          there.pause();
          StringBuilder head = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\n");
          response
              .headers()
              .forEach((n, v) -> head.append(n).append(": ").append(v).append("\r\n"));
          Hijack.socket(exchange, head + "\r\n")
              .onSuccess(here -> SocketPump.join(vertx, here, there))
              .onFailure(_ -> there.close());
        })
        .onFailure(failure -> Responder.failure(exchange, DialFailure.of(to, failure)));
  }
}
