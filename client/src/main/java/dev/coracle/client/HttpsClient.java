package dev.coracle.client;

import dev.coracle.client.config.HttpsClientOptions;
import dev.coracle.client.internal.http.BearerToken;
import dev.coracle.client.internal.http.ConnectionHealth;
import dev.coracle.client.internal.http.Retries;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The API over the network: HTTP/2 where the server offers it, else HTTP/1.1; JSON; watches as JSON
 * lines that pause the connection's stream when the watcher does not keep up. A failure of the
 * connection is {@code ServiceUnavailable}, an answer that is no Status gets the reason of its
 * code. What the server refuses for a while is asked again when it says so ({@link Retries}).
 *
 * <p>A cluster may have several servers that are as good as the one in the options ({@link
 * #servers}): what cannot be connected to is left for the next.
 */
public final class HttpsClient extends RestClient implements AutoCloseable {

  private static final int CONNECT_MILLIS = 10_000;

  /** How long requests may still be answered over connections that are given up. */
  private static final int LAST_ANSWERS_SECONDS = 5;

  private final Vertx vertx;
  private final HttpsClientOptions options;
  private final BearerToken token;
  private final String prefix;
  private final AtomicReference<Turn> turn;
  private volatile HttpClientAgent http;

  /**
   * @param at of the servers the one that is turned to
   */
  private record Turn(List<URI> servers, int at) {

    URI server() {
      return servers.get(at);
    }

    Turn next() {
      return new Turn(servers, (at + 1) % servers.size());
    }
  }

  public HttpsClient(Vertx vertx, HttpsClientOptions options) {
    // Of its own cluster a client takes lists as long as they are.
    super(Integer.MAX_VALUE);
    this.vertx = vertx;
    this.options = options;
    this.turn = new AtomicReference<>(new Turn(List.of(options.server()), 0));
    this.http = connect(options);
    this.token = new BearerToken(vertx, options);
    String path = options.server().getPath();
    this.prefix = path == null || path.equals("/") ? "" : path;
  }

  private HttpClientAgent connect(HttpsClientOptions options) {
    boolean tls = "https".equals(options.server().getScheme());
    HttpClientOptions httpOptions =
        new HttpClientOptions()
            .setDefaultHost(options.server().getHost())
            .setDefaultPort(port(options.server().getPort(), tls))
            .setConnectTimeout(CONNECT_MILLIS)
            .setDecompressionSupported(true)
            .setTcpKeepAlive(true)
            .setSsl(tls);
    if (tls) {
      httpOptions
          .setUseAlpn(true)
          .setProtocolVersion(HttpVersion.HTTP_2)
          .setHttp2ConnectionWindowSize(8 << 20);
      options
          .caPem()
          .ifPresent(pem ->
              httpOptions.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(pem))));
      if (options.certificatePem().isPresent() && options.keyPem().isPresent()) {
        httpOptions.setKeyCertOptions(
            new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(options.certificatePem().get()))
                .addKeyValue(Buffer.buffer(options.keyPem().get())));
      }
    }
    return vertx
        .httpClientBuilder()
        .with(httpOptions)
        .with(new PoolOptions().setHttp1MaxSize(256).setHttp2MaxSize(4))
        .withConnectHandler(connection -> ConnectionHealth.watch(vertx, connection))
        .build();
  }

  /**
   * Goes on with another client certificate: new requests use it at once, and what runs over the
   * old connections ends, so that nothing lives on by a certificate that has ended. Watches that
   * end so are taken up again by their informers.
   */
  public void rotate(String certificatePem, String keyPem) {
    HttpClientAgent before = http;
    http = connect(options.withCertificate(certificatePem, keyPem));
    before.shutdown(LAST_ANSWERS_SECONDS, TimeUnit.SECONDS);
  }

  /** The servers there are now besides the one in the options, in the order of the turns. */
  public void servers(List<URI> others) {
    List<URI> all = new ArrayList<>(List.of(options.server()));
    others.stream().filter(o -> !all.contains(o)).forEach(all::add);
    turn.updateAndGet(now -> new Turn(List.copyOf(all), Math.max(0, all.indexOf(now.server()))));
  }

  private static int port(int port, boolean tls) {
    return port > 0 ? port : tls ? 443 : 80;
  }

  /** Ends every request and watch. */
  @Override
  public void close() {
    http.close();
  }

  @Override
  protected Future<HttpClientResponse> send(
      HttpMethod method,
      String path,
      String contentType,
      byte @Nullable [] body,
      long timeoutMillis) {
    RequestOptions request =
        new RequestOptions()
            .setMethod(method)
            .setURI(prefix + path)
            .setTimeout(timeoutMillis)
            .putHeader("Accept", "application/json")
            .putHeader("User-Agent", options.userAgent());
    if (!contentType.isEmpty()) {
      request.putHeader("Content-Type", contentType);
    }
    return Retries.send(vertx, () -> attempt(request, body));
  }

  /** A response of any code, paused. */
  private Future<HttpClientResponse> attempt(RequestOptions request, byte @Nullable [] body) {
    return token
        .current()
        .compose(bearer -> {
          if (!bearer.isEmpty()) {
            request.putHeader("Authorization", "Bearer " + bearer);
          }
          // Sent and paused on the connection's event loop, which this future belongs to: the
          // caller's thread could be late for the first bytes.
          return connected(request, turn.get().servers().size())
              .compose(r ->
                  (body == null ? r.send() : r.send(Buffer.buffer(body)))
                      .map(HttpClientResponse::pause));
        });
  }

  /** Nothing has been sent where there is no connection, so another server may be asked. */
  private Future<HttpClientRequest> connected(RequestOptions request, int tries) {
    Turn now = turn.get();
    URI server = now.server();
    request.setHost(server.getHost());
    request.setPort(port(server.getPort(), "https".equals(server.getScheme())));
    Future<HttpClientRequest> made = http.request(request);
    return now.servers().size() == 1
        ? made
        : made.recover(failure -> {
          turn.compareAndSet(now, now.next());
          return tries > 1 ? connected(request, tries - 1) : Future.failedFuture(failure);
        });
  }
}
