package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.config.HttpsClientOptions;
import dev.coracle.client.internal.http.BearerToken;
import dev.coracle.client.internal.http.ConnectionHealth;
import dev.coracle.client.internal.http.Query;
import dev.coracle.client.internal.http.Retries;
import dev.coracle.client.internal.http.WatchStream;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The API over the network: HTTP/2 where the server offers it, else HTTP/1.1; JSON; watches as JSON
 * lines that pause the connection's stream when the watcher does not keep up. A failure of the
 * connection is {@code ServiceUnavailable}, an answer that is no Status gets the reason of its
 * code. What the server refuses for a while is asked again when it says so ({@link Retries}).
 */
public final class HttpsClient implements Client, AutoCloseable {

  private static final long REQUEST_MILLIS = 60_000;
  private static final int CONNECT_MILLIS = 10_000;

  /** How long requests may still be answered over connections that are given up. */
  private static final int LAST_ANSWERS_SECONDS = 5;

  private final Vertx vertx;
  private final HttpsClientOptions options;
  private final BearerToken token;
  private final String prefix;
  private volatile HttpClientAgent http;

  public HttpsClient(Vertx vertx, HttpsClientOptions options) {
    this.vertx = vertx;
    this.options = options;
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

  private static int port(int port, boolean tls) {
    return port > 0 ? port : tls ? 443 : 80;
  }

  /** Ends every request and watch. */
  @Override
  public void close() {
    http.close();
  }

  /** Any path of the server, for what is no resource: {@code /version}, {@code /readyz}. */
  public Uni<byte[]> raw(String path) {
    return request(HttpMethod.GET, path, "", null);
  }

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return object(request(HttpMethod.GET, resource.path(namespace, name), "", null));
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return object(
        request(HttpMethod.GET, resource.path(namespace, name) + below(subresource), "", null));
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions list) {
    String query =
        new Query()
            .add("labelSelector", list.labels().toString())
            .add("fieldSelector", list.fields().toString())
            .add("resourceVersion", list.resourceVersion())
            .add("resourceVersionMatch", list.resourceVersionMatch())
            .add("limit", list.limit())
            .add("continue", list.continueToken())
            .toString();
    return request(HttpMethod.GET, resource.path(namespace, null) + query, "", null)
        .map(HttpsClient::listOf);
  }

  private static KubeList listOf(byte[] body) {
    JsonNode tree = Json.parseObject(body);
    // Items of a list carry no type of their own; it follows from the list's.
    String kind = tree.path("kind").asText("");
    String itemKind = kind.endsWith("List") ? kind.substring(0, kind.length() - 4) : "";
    List<KubeObject> items = new ArrayList<>(tree.path("items").size());
    for (JsonNode item : tree.path("items")) {
      com.fasterxml.jackson.databind.node.ObjectNode object = Json.object();
      object.put("apiVersion", item.path("apiVersion").asText(tree.path("apiVersion").asText("")));
      object.put("kind", item.path("kind").asText(itemKind));
      object.setAll((com.fasterxml.jackson.databind.node.ObjectNode) item);
      items.add(KubeObject.of(object));
    }
    JsonNode metadata = tree.path("metadata");
    return new KubeList(
        metadata.path("resourceVersion").asText(""),
        metadata.path("continue").asText(""),
        metadata.path("remainingItemCount").asLong(-1),
        items);
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions watch) {
    String query =
        new Query()
            .add("watch", "true")
            .add("labelSelector", watch.labels().toString())
            .add("fieldSelector", watch.fields().toString())
            .add("resourceVersion", watch.resourceVersion())
            .add("resourceVersionMatch", watch.resourceVersionMatch())
            .add("allowWatchBookmarks", watch.allowBookmarks() ? "true" : "")
            .add("sendInitialEvents", watch.sendInitialEvents() ? "true" : "")
            .add("timeoutSeconds", watch.timeoutSeconds())
            .toString();
    String path = resource.path(namespace, null) + query;
    return Multi.createFrom()
        .publisher(WatchStream.publisher(() -> send(HttpMethod.GET, path, "", null, 0)));
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions write) {
    return object(
        request(
            HttpMethod.POST,
            resource.path(namespace, null) + query(write, false),
            "application/json",
            object.json()));
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions write) {
    return object(
        request(
            HttpMethod.POST,
            resource.path(namespace, name) + below(subresource) + query(write, false),
            "application/json",
            object.json()));
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions write) {
    return object(
        request(
            HttpMethod.PUT,
            resource.path(object.namespace(), object.name())
                + below(subresource)
                + query(write, false),
            "application/json",
            object.json()));
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions write) {
    boolean force = patch.type() == PatchType.APPLY && patch.force();
    return object(
        request(
            HttpMethod.PATCH,
            resource.path(namespace, name) + below(subresource) + query(write, force),
            patch.type().mediaType(),
            Json.bytes(patch.body())));
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions delete) {
    return object(
        request(
            HttpMethod.DELETE,
            resource.path(namespace, name),
            "application/json",
            Json.bytes(delete.toJson())));
  }

  private static String below(String subresource) {
    return subresource.isEmpty() ? "" : "/" + subresource;
  }

  private static String query(WriteOptions write, boolean force) {
    return new Query()
        .add("dryRun", write.dryRun() ? "All" : "")
        .add("fieldManager", write.fieldManager())
        .add("fieldValidation", write.fieldValidation())
        .add("force", force ? "true" : "")
        .toString();
  }

  private static Uni<KubeObject> object(Uni<byte[]> body) {
    return body.map(KubeObject::parse);
  }

  private Uni<byte[]> request(
      HttpMethod method, String path, String contentType, byte @Nullable [] body) {
    return Uni.createFrom()
        .completionStage(() ->
            send(method, path, contentType, body, REQUEST_MILLIS)
                .compose(HttpsClient::body)
                .map(Buffer::getBytes)
                .recover(failure -> Future.failedFuture(asStatus(failure)))
                .toCompletionStage());
  }

  /** A response with a success code, paused, or a failure. */
  private Future<HttpClientResponse> send(
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
    return Retries.send(vertx, () -> attempt(request, body))
        .compose(response ->
            response.statusCode() < 300
                ? Future.succeededFuture(response)
                : body(response).compose(b -> Future.failedFuture(failure(response, b))))
        .recover(failure -> Future.failedFuture(asStatus(failure)));
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
          return http.request(request)
              .compose(r ->
                  (body == null ? r.send() : r.send(Buffer.buffer(body)))
                      .map(HttpClientResponse::pause));
        });
  }

  private static Future<Buffer> body(HttpClientResponse paused) {
    Future<Buffer> body = paused.body();
    paused.resume();
    return body;
  }

  private static StatusException failure(HttpClientResponse response, Buffer body) {
    try {
      JsonNode tree = Json.parse(body.getBytes());
      if ("Status".equals(tree.path("kind").asText())) {
        return new StatusException(Status.of(tree));
      }
    } catch (StatusException e) {
      // Not JSON, so not a Status: some proxy answers, or priority and fairness refuses.
    }
    String text = body.length() > 500 ? body.getString(0, 500) : body.toString();
    StatusReason reason = StatusReason.of("", response.statusCode());
    return new StatusException(
        new Status(
            false,
            response.statusCode(),
            reason,
            text.strip(),
            "",
            "",
            "",
            "",
            List.of(),
            Math.max(0, Retries.afterSeconds(response))));
  }

  private static StatusException asStatus(Throwable failure) {
    return failure instanceof StatusException status
        ? status
        : StatusException.unavailable(
            "the API server could not be reached: " + failure.getMessage());
  }
}
