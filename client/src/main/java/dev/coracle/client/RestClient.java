package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import dev.coracle.client.internal.http.Query;
import dev.coracle.client.internal.http.Retries;
import dev.coracle.client.internal.http.WatchStream;
import dev.coracle.client.net.BoundedBody;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' calls as requests over HTTP in JSON, and what their answers say. How a request gets
 * to a server, and in whose name, is for whoever extends this.
 */
public abstract class RestClient implements Client {

  private static final long REQUEST_MILLIS = 60_000;

  private final int mostBytes;

  /**
   * @param mostBytes of an answer that is no watch; a longer one is a failure
   */
  protected RestClient(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  @Override
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
        .map(RestClient::listOf);
  }

  private static KubeList listOf(byte[] body) {
    JsonNode tree = Json.parseObject(body);
    // Items of a list carry no type of their own; it follows from the list's.
    String kind = tree.path("kind").asText("");
    String itemKind = kind.endsWith("List") ? kind.substring(0, kind.length() - 4) : "";
    List<KubeObject> items = new ArrayList<>(tree.path("items").size());
    for (JsonNode item : tree.path("items")) {
      ObjectNode object = Json.object();
      object.put("apiVersion", item.path("apiVersion").asText(tree.path("apiVersion").asText("")));
      object.put("kind", item.path("kind").asText(itemKind));
      object.setAll((ObjectNode) item);
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
        .publisher(WatchStream.publisher(() -> answered(HttpMethod.GET, path, "", null, 0)));
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
            answered(method, path, contentType, body, REQUEST_MILLIS)
                .compose(this::body)
                .map(Buffer::getBytes)
                .recover(failure -> Future.failedFuture(asStatus(failure)))
                .toCompletionStage());
  }

  /** A response with a success code, paused, or a failure. */
  private Future<HttpClientResponse> answered(
      HttpMethod method,
      String path,
      String contentType,
      byte @Nullable [] body,
      long timeoutMillis) {
    return send(method, path, contentType, body, timeoutMillis)
        .compose(response ->
            response.statusCode() < 300
                ? Future.succeededFuture(response)
                : body(response).compose(b -> Future.failedFuture(failure(response, b))))
        .recover(failure -> Future.failedFuture(asStatus(failure)));
  }

  /**
   * A response of any code, paused.
   *
   * @param path with its query
   * @param contentType empty where there is no body
   * @param timeoutMillis zero for none
   */
  protected abstract Future<HttpClientResponse> send(
      HttpMethod method,
      String path,
      String contentType,
      byte @Nullable [] body,
      long timeoutMillis);

  private Future<Buffer> body(HttpClientResponse paused) {
    Future<Buffer> body = BoundedBody.whole(paused, mostBytes);
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
