package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.webhook.ClientConfig.ServicePort;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds a ready endpoint of a Service, without the way over its cluster address: that needs no
 * service proxy on the machine of the API server.
 */
public final class ServiceResolver {

  private static final GroupResource SERVICES = new GroupResource("", "services");
  private static final GroupResource SLICES =
      new GroupResource("discovery.k8s.io", "endpointslices");

  private final ResourceStore store;

  public ServiceResolver(ResourceStore store) {
    this.store = store;
  }

  /** What came of looking for an endpoint. */
  public sealed interface Search {

    /** One that is ready, of possibly several. */
    record Found(SocketAddress address) implements Search {}

    record NoService() implements Search {}

    record NoPort() implements Search {}

    record NoSlices() implements Search {}

    record NoEndpoints(String portName) implements Search {}
  }

  public Uni<SocketAddress> resolve(ServicePort wanted) {
    return search(wanted).map(search -> found(search, wanted));
  }

  private static SocketAddress found(Search search, ServicePort wanted) {
    String service = "service \"" + wanted.name() + "\"";
    return switch (search) {
      case Search.Found found -> found.address();
      case Search.NoService _ -> throw StatusException.unavailable(service + " not found");
      case Search.NoPort _ ->
          throw StatusException.unavailable(
              "no service port " + wanted.port() + " found for " + service);
      case Search.NoSlices _, Search.NoEndpoints _ ->
          throw StatusException.unavailable("no endpoints available for " + service);
    };
  }

  public Uni<Search> search(ServicePort wanted) {
    return store
        .get(SERVICES, new NamespacedName(wanted.namespace(), wanted.name()))
        .chain(service -> of(service, wanted))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(new Search.NoService());
  }

  private Uni<Search> of(KubeObject service, ServicePort wanted) {
    if (service.text("spec", "type").equals("ExternalName")) {
      return Uni.createFrom()
          .item(
              new Search.Found(
                  SocketAddress.inetSocketAddress(
                      wanted.port(), service.text("spec", "externalName"))));
    }
    for (JsonNode p : service.at("spec", "ports")) {
      if (p.path("port").asInt() == wanted.port()) {
        return endpoint(service, p.path("name").asText(""));
      }
    }
    return Uni.createFrom().item(new Search.NoPort());
  }

  private Uni<Search> endpoint(KubeObject service, String portName) {
    ListOptions ofService =
        ListOptions.ALL.withLabels(
            LabelSelector.ofLabels(Map.of("kubernetes.io/service-name", service.name())));
    return store
        .list(SLICES, service.namespace(), ofService)
        .map(slices -> {
          List<SocketAddress> ready = new ArrayList<>();
          for (KubeObject slice : slices.items()) {
            for (JsonNode p : slice.at("ports")) {
              if (p.path("name").asText("").equals(portName)) {
                ready(slice, p.path("port").asInt(), ready);
              }
            }
          }
          if (ready.isEmpty()) {
            return slices.items().isEmpty()
                ? new Search.NoSlices()
                : new Search.NoEndpoints(portName);
          }
          return new Search.Found(ready.get(ThreadLocalRandom.current().nextInt(ready.size())));
        });
  }

  private static void ready(KubeObject slice, int port, List<SocketAddress> out) {
    for (JsonNode e : slice.at("endpoints")) {
      if (e.path("conditions").path("ready").asBoolean(true)) {
        out.add(SocketAddress.inetSocketAddress(port, e.path("addresses").path(0).asText("")));
      }
    }
  }
}
