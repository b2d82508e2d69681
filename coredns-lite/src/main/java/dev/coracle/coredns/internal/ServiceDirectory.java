package dev.coracle.coredns.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.net.Cidr;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What the cluster's names stand for, read from informers on Services, EndpointSlices and
 * Namespaces. Every lookup is by an index.
 */
public final class ServiceDirectory {

  /** The label that ties an EndpointSlice to its Service. */
  static final String SERVICE_NAME = "kubernetes.io/service-name";

  private static final String BY_SERVICE = "service";
  private static final String BY_ADDRESS = "address";

  /**
   * One endpoint of a Service.
   *
   * @param name its host name, or its address with dashes
   * @param ports of its slice
   */
  record Endpoint(String namespace, String service, String address, String name, JsonNode ports) {}

  private final Informer services;
  private final Informer slices;
  private final Informer namespaces;

  public ServiceDirectory(InformerFactory informers) {
    services =
        informers
            .informer(Resources.SERVICES)
            .addIndex(
                BY_ADDRESS, s -> strings(s.at("spec", "clusterIPs"), s.text("spec", "clusterIP")));
    slices =
        informers
            .informer(Resources.ENDPOINT_SLICES)
            .addIndex(BY_SERVICE, ServiceDirectory::serviceKey)
            .addIndex(BY_ADDRESS, ServiceDirectory::addresses);
    namespaces = informers.informer(Resources.NAMESPACES);
  }

  Optional<KubeObject> service(String namespace, String name) {
    return services.lister().get(namespace, name);
  }

  boolean hasNamespace(String namespace) {
    return namespaces.lister().get("", namespace).isPresent();
  }

  Optional<KubeObject> serviceByAddress(String address) {
    return services.lister().byIndex(BY_ADDRESS, address).stream().findFirst();
  }

  /**
   * The endpoints that take traffic, of one address family ({@code IPv4} or {@code IPv6}; empty for
   * both).
   */
  List<Endpoint> endpoints(String namespace, String service, String family) {
    List<Endpoint> out = new ArrayList<>();
    for (KubeObject slice : slices.lister().byIndex(BY_SERVICE, namespace + "/" + service)) {
      if (family.isEmpty() || family.equals(slice.text("addressType"))) {
        collect(slice, out);
      }
    }
    return out;
  }

  List<Endpoint> endpointsByAddress(String address) {
    List<Endpoint> out = new ArrayList<>();
    for (KubeObject slice : slices.lister().byIndex(BY_ADDRESS, address)) {
      List<Endpoint> all = new ArrayList<>();
      collect(slice, all);
      all.stream().filter(e -> Cidr.canonical(e.address()).equals(address)).forEach(out::add);
    }
    return out;
  }

  private static void collect(KubeObject slice, List<Endpoint> out) {
    String service = slice.labels().getOrDefault(SERVICE_NAME, "");
    for (JsonNode endpoint : slice.at("endpoints")) {
      // Unset means ready (EndpointSlice API, conditions.ready).
      if (!endpoint.path("conditions").path("ready").asBoolean(true)) {
        continue;
      }
      for (JsonNode address : endpoint.path("addresses")) {
        String text = address.asText();
        String name = endpoint.path("hostname").asText(text.replace('.', '-').replace(':', '-'));
        out.add(new Endpoint(slice.namespace(), service, text, name, slice.at("ports")));
      }
    }
  }

  private static Collection<String> serviceKey(KubeObject slice) {
    String service = slice.labels().get(SERVICE_NAME);
    return service == null ? List.of() : List.of(slice.namespace() + "/" + service);
  }

  private static Collection<String> addresses(KubeObject slice) {
    List<String> out = new ArrayList<>();
    slice
        .at("endpoints")
        .forEach(e -> e.path("addresses").forEach(a -> out.add(Cidr.canonical(a.asText()))));
    return out;
  }

  private static List<String> strings(JsonNode list, String single) {
    List<String> out = new ArrayList<>();
    list.forEach(item -> out.add(Cidr.canonical(item.asText())));
    if (out.isEmpty() && !single.isEmpty()) {
      out.add(Cidr.canonical(single));
    }
    return out;
  }
}
