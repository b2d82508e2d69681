package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
import dev.coracle.apiserver.internal.webhook.ServiceResolver.Search;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Whether an aggregated server answers, and what it has. */
final class Availability {

  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

  /**
   * What was found.
   *
   * @param discovery null where it is not available
   */
  record Finding(
      boolean available,
      String reason,
      String message,
      @Nullable ObjectNode discovery,
      RemoteOpenApi openApi) {

    static final Finding LOCAL =
        new Finding(
            true, "Local", "Local APIServices are always available", null, RemoteOpenApi.NONE);

    private static Finding missing(String reason, String message) {
      return new Finding(false, reason, message, null, RemoteOpenApi.NONE);
    }

    private static Finding passed(ObjectNode discovery) {
      return new Finding(true, "Passed", "all checks passed", discovery, RemoteOpenApi.NONE);
    }

    private Finding with(RemoteOpenApi documents) {
      return new Finding(available, reason, message, discovery, documents);
    }
  }

  private final ServiceResolver services;
  private final RemoteClient client;

  Availability(ServiceResolver services, RemoteClient client) {
    this.services = services;
    this.client = client;
  }

  Uni<Finding> check(RemoteApi api) {
    return services
        .search(api.service())
        .chain(search ->
            search instanceof Search.Found found
                ? Uni.createFrom()
                    .completionStage(() -> ask(api, found.address()).toCompletionStage())
                : Uni.createFrom().item(missing(api, search)))
        .onFailure()
        .recoverWithItem(f ->
            Finding.missing(
                "ServiceAccessError",
                service(api) + " cannot be checked due to: " + f.getMessage()));
  }

  private static String service(RemoteApi api) {
    return "service/" + api.service().name() + " in \"" + api.service().namespace() + "\"";
  }

  private io.vertx.core.Future<Finding> ask(RemoteApi api, SocketAddress address) {
    String path = "/apis/" + api.groupVersion();
    String url = "https://" + address + path;
    return client
        .get(api, address, path, "application/json")
        .compose(answer -> {
          if (answer.code() < 200 || answer.code() > 299) {
            return io.vertx.core.Future.succeededFuture(
                failed(url, "bad status from " + url + ": " + answer.code()));
          }
          return client
              .get(api, address, "/apis", AGGREGATED)
              .map(all -> passed(api, answer.body(), all.body()))
              .otherwise(_ -> passed(api, answer.body(), Json.object()))
              .compose(finding -> documents(api, address).map(finding::with));
        })
        .otherwise(f -> failed(url, "Get \"" + url + "\": " + f.getMessage()));
  }

  /** A server without such documents is as good as others. */
  private io.vertx.core.Future<RemoteOpenApi> documents(RemoteApi api, SocketAddress address) {
    RemoteOpenApi known = api.openApi();
    String path = "apis/" + api.groupVersion();
    return client
        .get(api, address, "/openapi/v3", "application/json")
        .map(v3 -> v3.body().path("paths").path(path).path("serverRelativeURL").asText(""))
        .otherwise("")
        .compose(v3 ->
            client
                .get(api, address, "/openapi/v2", "application/json", known.tag())
                .map(v2 ->
                    v2.code() == 200 && v2.body() instanceof ObjectNode document
                        ? new RemoteOpenApi(v3, v2.tag(), document)
                        : v2.code() == 304
                            ? new RemoteOpenApi(v3, known.tag(), known.v2())
                            : new RemoteOpenApi(v3, "", null))
                .otherwise(new RemoteOpenApi(v3, known.tag(), known.v2())));
  }

  private static Finding failed(String url, String why) {
    return Finding.missing(
        "FailedDiscoveryCheck", "failing or missing response from " + url + ": " + why);
  }

  private static Finding missing(RemoteApi api, Search search) {
    String service = service(api);
    return switch (search) {
      case Search.NoService _ -> Finding.missing("ServiceNotFound", service + " is not present");
      case Search.NoPort _ ->
          Finding.missing(
              "ServicePortError", service + " is not listening on port " + api.service().port());
      case Search.NoSlices _ ->
          Finding.missing("EndpointsNotFound", "cannot find endpointslices for " + service);
      case Search.NoEndpoints none ->
          Finding.missing(
              "MissingEndpoints",
              "endpointslices for "
                  + service
                  + " have no addresses with port name \""
                  + none.portName()
                  + "\"");
      case Search.Found _ -> throw new IllegalArgumentException("an endpoint was found");
    };
  }

  private static Finding passed(RemoteApi api, JsonNode resources, JsonNode all) {
    return Finding.passed(DiscoveredVersion.of(api.group(), api.version(), resources, all));
  }
}
