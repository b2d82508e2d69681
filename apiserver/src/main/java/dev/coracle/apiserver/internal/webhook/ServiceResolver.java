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

  public Uni<SocketAddress> resolve(ServicePort wanted) {
    return store
        .get(SERVICES, new NamespacedName(wanted.namespace(), wanted.name()))
        .onFailure(StatusException::isNotFound)
        .transform(_ -> StatusException.unavailable("service \"" + wanted.name() + "\" not found"))
        .chain(service -> {
          if (service.text("spec", "type").equals("ExternalName")) {
            return Uni.createFrom()
                .item(
                    SocketAddress.inetSocketAddress(
                        wanted.port(), service.text("spec", "externalName")));
          }
          return endpoint(service, portName(service, wanted));
        });
  }

  private static String portName(KubeObject service, ServicePort wanted) {
    for (JsonNode p : service.at("spec", "ports")) {
      if (p.path("port").asInt() == wanted.port()) {
        return p.path("name").asText("");
      }
    }
    throw StatusException.unavailable(
        "no service port " + wanted.port() + " found for service \"" + wanted.name() + "\"");
  }

  private Uni<SocketAddress> endpoint(KubeObject service, String portName) {
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
            throw StatusException.unavailable(
                "no endpoints available for service \"" + service.name() + "\"");
          }
          return ready.get(ThreadLocalRandom.current().nextInt(ready.size()));
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
