package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
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
  record Finding(boolean available, String reason, String message, @Nullable ObjectNode discovery) {

    static final Finding LOCAL =
        new Finding(true, "Local", "Local APIServices are always available", null);
  }

  private final ServiceResolver services;
  private final RemoteClient client;

  Availability(ServiceResolver services, RemoteClient client) {
    this.services = services;
    this.client = client;
  }

  Uni<Finding> check(RemoteApi api) {
    return services
        .resolve(api.service())
        .chain(address ->
            Uni.createFrom().completionStage(() -> ask(api, address).toCompletionStage()))
        .onFailure()
        .recoverWithItem(f -> missing(api, String.valueOf(f.getMessage())));
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
              .otherwise(_ -> passed(api, answer.body(), Json.object()));
        })
        .otherwise(f -> failed(url, "Get \"" + url + "\": " + f.getMessage()));
  }

  private static Finding failed(String url, String why) {
    return new Finding(
        false,
        "FailedDiscoveryCheck",
        "failing or missing response from " + url + ": " + why,
        null);
  }

  private static Finding missing(RemoteApi api, String why) {
    String service =
        "service/" + api.service().name() + " in \"" + api.service().namespace() + "\"";
    if (why.contains("no endpoints")) {
      return new Finding(
          false, "MissingEndpoints", "endpoints for " + service + " have no addresses", null);
    }
    if (why.contains("no service port")) {
      return new Finding(
          false,
          "ServicePortError",
          service + " is not listening on port " + api.service().port(),
          null);
    }
    return new Finding(false, "ServiceNotFound", service + " is not present", null);
  }

  private static Finding passed(RemoteApi api, JsonNode resources, JsonNode all) {
    for (JsonNode group : all.path("items")) {
      if (group.path("metadata").path("name").asText("").equals(api.group())) {
        for (JsonNode version : group.path("versions")) {
          if (version.path("version").asText("").equals(api.version())
              && version instanceof ObjectNode found) {
            return new Finding(true, "Passed", "all checks passed", found);
          }
        }
      }
    }
    return new Finding(true, "Passed", "all checks passed", aggregated(api, resources));
  }

  /** An APIResourceList in the form of aggregated discovery. */
  private static ObjectNode aggregated(RemoteApi api, JsonNode list) {
    ObjectNode out = Json.object().put("version", api.version());
    ArrayNode resources = out.putArray("resources");
    for (JsonNode r : list.path("resources")) {
      String name = r.path("name").asText("");
      if (name.indexOf('/') >= 0) {
        continue;
      }
      ObjectNode node = resources.addObject().put("resource", name);
      node.set("responseKind", kind(r));
      node.put("scope", r.path("namespaced").asBoolean() ? "Namespaced" : "Cluster");
      node.put("singularResource", r.path("singularName").asText(""));
      for (String field : new String[] {"verbs", "shortNames", "categories"}) {
        if (r.path(field).isArray()) {
          node.set(field, r.get(field));
        }
      }
      for (JsonNode s : list.path("resources")) {
        String sub = s.path("name").asText("");
        if (sub.startsWith(name + "/")) {
          ObjectNode child = node.withArrayProperty("subresources").addObject();
          child.put("subresource", sub.substring(name.length() + 1));
          child.set("responseKind", kind(s));
          child.set("verbs", s.path("verbs"));
        }
      }
    }
    return out.put("freshness", "Current");
  }

  private static ObjectNode kind(JsonNode resource) {
    return Json.object()
        .put("group", resource.path("group").asText(""))
        .put("version", resource.path("version").asText(""))
        .put("kind", resource.path("kind").asText(""));
  }
}
