package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.client.net.BoundedBody;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks services beside the API server for JSON over HTTPS: an issuer of tokens, a webhook. Where a
 * kubeconfig names an http server, that is asked without TLS. Answers are bounded in size and time.
 */
public final class RemoteJson implements AutoCloseable {

  private static final String PLAIN = "http";
  private static final int MOST_CONNECTIONS = 64;
  private static final int MOST_BYTES = 1 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final long GRACE_SECONDS = 30;

  private final HttpClient client;
  private final RemoteCredentials credentials;
  private final @Nullable URI server;

  private RemoteJson(
      Vertx vertx, HttpClientOptions options, RemoteCredentials credentials, @Nullable URI server) {
    this.client =
        vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS));
    this.credentials = credentials;
    this.server = server;
  }

  private static HttpClientOptions tls() {
    return new HttpClientOptions().setSsl(true).setVerifyHost(true).setConnectTimeout(5_000);
  }

  /**
   * @param caFile null: those the JVM trusts
   */
  public static RemoteJson trusting(Vertx vertx, @Nullable Path caFile) {
    HttpClientOptions options = tls();
    if (caFile != null) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(caFile.toString()));
    }
    return new RemoteJson(vertx, options, RemoteCredentials.NONE, null);
  }

  /**
   * @param authorities PEM
   */
  public static RemoteJson trusting(Vertx vertx, String authorities) {
    return new RemoteJson(
        vertx,
        tls().setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(authorities))),
        RemoteCredentials.NONE,
        null);
  }

  /**
   * The server of a kubeconfig's current context, with its CA and the user's credentials.
   *
   * @throws IllegalStateException with words for the user
   */
  public static RemoteJson ofKubeconfig(Vertx vertx, Path file) {
    KubeconfigFile config = KubeconfigFile.read(file);
    URI uri = server(config.cluster().path("server").asText(""), file);
    HttpClientOptions options = tls();
    Buffer ca = config.content(config.cluster(), "certificate-authority");
    if (ca != null) {
      options.setTrustOptions(new PemTrustOptions().addCertValue(ca));
    }
    RemoteCredentials credentials = RemoteCredentials.of(config, config.user());
    options.setKeyCertOptions(credentials.identity());
    return new RemoteJson(vertx, options, credentials, uri);
  }

  private static URI server(String text, Path file) {
    try {
      URI uri = new URI(text);
      if (("https".equals(uri.getScheme()) || PLAIN.equals(uri.getScheme()))
          && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Told below, as what is no URL of a server.
    }
    throw new IllegalStateException(
        "the webhook configuration "
            + file
            + " needs a current context whose cluster has an https or http server");
  }

  public Future<JsonNode> get(URI uri) {
    return ask(HttpMethod.GET, uri, null, TIMEOUT);
  }

  /** To the kubeconfig's server. */
  public Future<JsonNode> post(JsonNode body) {
    return post(body, TIMEOUT);
  }

  /** To the kubeconfig's server, which has this long to answer. */
  public Future<JsonNode> post(JsonNode body, Duration timeout) {
    URI uri = server;
    return uri == null
        ? Future.failedFuture(new IllegalStateException("there is no server"))
        : ask(HttpMethod.POST, uri, body, timeout);
  }

  /**
   * Posts JSON to the kubeconfig's server, which has this long to answer; what it answers does not
   * matter, so its code tells of success.
   */
  public Future<Void> send(byte[] json, Duration timeout) {
    URI uri = server;
    return uri == null
        ? Future.failedFuture(new IllegalStateException("there is no server"))
        : fetch(HttpMethod.POST, uri, json, timeout).mapEmpty();
  }

  private Future<JsonNode> ask(
      HttpMethod method, URI uri, @Nullable JsonNode body, Duration timeout) {
    return fetch(method, uri, body == null ? null : Json.bytes(body), timeout)
        .map(bytes -> Json.parse(new String(bytes.getBytes(), StandardCharsets.UTF_8)));
  }

  private Future<Buffer> fetch(
      HttpMethod method, URI uri, byte @Nullable [] body, Duration timeout) {
    boolean plain = uri.equals(server) && PLAIN.equals(uri.getScheme());
    if (!plain && !"https".equals(uri.getScheme()) || uri.getHost() == null) {
      return Future.failedFuture(new IllegalStateException("not an https URL: " + uri));
    }
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    RequestOptions to =
        new RequestOptions()
            .setMethod(method)
            .setHost(uri.getHost())
            .setSsl(!plain)
            .setIdleTimeout(timeout.toMillis())
            .setPort(uri.getPort() >= 0 ? uri.getPort() : plain ? 80 : 443)
            .setURI(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
    return client
        .request(to)
        .compose(request -> {
          request.putHeader("Accept", "application/json");
          String authorization = credentials.authorization();
          if (authorization != null) {
            request.putHeader("Authorization", authorization);
          }
          // Asked for first: on another thread than the connection's, its body could pass before.
          Future<Buffer> answer =
              request
                  .response()
                  .compose(response ->
                      response.statusCode() / 100 == 2
                          ? BoundedBody.whole(response, MOST_BYTES)
                          : Future.<Buffer>failedFuture(
                              new IllegalStateException(
                                  uri.getHost() + " answers " + response.statusCode())));
          if (body == null) {
            request.end();
          } else {
            request.putHeader("Content-Type", "application/json");
            request.end(Buffer.buffer(body));
          }
          return answer;
        })
        .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Closes when what is asked now is answered. */
  public void retire() {
    credentials.close();
    client.shutdown(GRACE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    credentials.close();
    client.close();
  }
}
