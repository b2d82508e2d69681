package dev.coracle.system.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;

/** HTTPS to one API server as one user. Blocks its caller; any number may call at once. */
final class Api {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final URI server;
  private final HttpClient http;
  private final Map<String, String> headers;

  Api(URI server, SSLContext tls) {
    this(
        server,
        HttpClient.newBuilder()
            .sslContext(tls)
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build(),
        Map.of());
  }

  private Api(URI server, HttpClient http, Map<String, String> headers) {
    this.server = server;
    this.http = http;
    this.headers = headers;
  }

  /** The same server with these headers on every request, such as {@code Impersonate-User}. */
  Api with(Map<String, String> more) {
    return new Api(server, http, more);
  }

  Reply send(
      String method, String path, String contentType, String body, Map<String, String> more) {
    HttpRequest.Builder request =
        builder(path, more)
            .timeout(LIMIT)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", contentType);
    }
    try {
      HttpResponse<String> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Reply(
          method + " " + path, response.statusCode(), response.body(), response.headers());
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  Reply get(String path) {
    return send("GET", path, "", "", Map.of());
  }

  Reply get(String path, String accept) {
    return send("GET", path, "", "", Map.of("Accept", accept));
  }

  /** An answer that comes bit by bit; the caller closes it. */
  HttpResponse<InputStream> stream(String path) {
    try {
      return http.send(builder(path, Map.of()).build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException("GET " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  CompletableFuture<WebSocket> webSocket(
      String path, String protocol, WebSocket.Listener listener) {
    URI uri = URI.create(server.resolve(path).toString().replaceFirst("^http", "ws"));
    return http.newWebSocketBuilder().subprotocols(protocol).buildAsync(uri, listener);
  }

  private HttpRequest.Builder builder(String path, Map<String, String> more) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + path));
    headers.forEach(request::header);
    more.forEach(request::header);
    return request;
  }
}
