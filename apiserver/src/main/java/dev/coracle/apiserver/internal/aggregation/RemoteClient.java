package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.stream.Destination.Peer;
import dev.coracle.client.net.BoundedBody;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks aggregated servers, for their documents as the API server itself. */
final class RemoteClient {

  private static final int SECONDS = 5;
  private static final int CONNECT_MILLIS = 5_000;

  /** To one server: a watch keeps its own. */
  private static final int MOST_CONNECTIONS = 64;

  private static final int MOST_WAITING = 256;

  /** An OpenAPI document of many large schemas, or a long list. */
  static final int MOST_BYTES = 32 << 20;

  /** An answer; the body is missing where it is no JSON. */
  record Answer(int code, JsonNode body, String tag) {}

  private final Vertx vertx;
  private volatile @Nullable HttpClientAgent client;

  RemoteClient(Vertx vertx) {
    this.vertx = vertx;
  }

  void close() {
    HttpClientAgent c = client;
    if (c != null) {
      c.close();
    }
  }

  private synchronized HttpClientAgent client() {
    HttpClientAgent c = client;
    if (c == null) {
      c =
          vertx.createHttpClient(
              new HttpClientOptions()
                  .setSsl(true)
                  .setProtocolVersion(HttpVersion.HTTP_1_1)
                  .setUseAlpn(false)
                  .setConnectTimeout(CONNECT_MILLIS),
              new PoolOptions()
                  .setHttp1MaxSize(MOST_CONNECTIONS)
                  .setMaxWaitQueueSize(MOST_WAITING));
      client = c;
    }
    return c;
  }

  Future<Answer> get(RemoteApi api, SocketAddress address, String path, String accept) {
    return get(api, address, path, accept, "");
  }

  /**
   * @param tag of what is already known, to be told 304 where that is still so; may be empty
   */
  Future<Answer> get(RemoteApi api, SocketAddress address, String path, String accept, String tag) {
    MultiMap headers = Peer.identify(UserInfo.APISERVER).add("Accept", accept);
    if (!tag.isEmpty()) {
      headers.add("If-None-Match", tag);
    }
    return send(api, address, HttpMethod.GET, path, headers, null, 0)
        .compose(response -> {
          Future<Buffer> whole = BoundedBody.whole(response, MOST_BYTES);
          response.resume();
          return whole.map(body ->
              new Answer(
                  response.statusCode(),
                  parse(body.getBytes()),
                  Objects.requireNonNullElse(response.getHeader("ETag"), "")));
        })
        .timeout(SECONDS, TimeUnit.SECONDS);
  }

  /**
   * A response of any code, paused.
   *
   * @param headers that name the user, among others
   * @param timeoutMillis zero for none
   */
  Future<HttpClientResponse> send(
      RemoteApi api,
      SocketAddress address,
      HttpMethod method,
      String uri,
      MultiMap headers,
      byte @Nullable [] body,
      long timeoutMillis) {
    RequestOptions options =
        new RequestOptions()
            .setServer(address)
            .setHost(api.host())
            .setPort(api.service().port())
            .setMethod(method)
            .setURI(uri)
            .setSsl(true)
            .setSslOptions(api.tls())
            .setTimeout(timeoutMillis)
            .setHeaders(headers);
    return client()
        .request(options)
        .compose(request ->
            (body == null ? request.send() : request.send(Buffer.buffer(body)))
                .map(HttpClientResponse::pause));
  }

  private static JsonNode parse(byte[] body) {
    try {
      return Json.parse(body);
    } catch (StatusException e) {
      return Json.NODES.missingNode();
    }
  }
}
