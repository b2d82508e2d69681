package dev.coracle.apiserver.internal.bootstrap;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.identity.ServerAddresses.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;

/** The objects by which Pods find the API servers. */
final class KubernetesService {

  static final String NAMESPACE = "default";
  static final String NAME = "kubernetes";
  private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  private static final String MANAGER = "kube-apiserver";

  private KubernetesService() {}

  static KubeObject service(String address) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Service"),
        NAMESPACE,
        NAME,
        o -> {
          labels(o).put("component", "apiserver").put("provider", "kubernetes");
          ObjectNode spec = o.putObject("spec").put("type", "ClusterIP").put("clusterIP", address);
          spec.put("sessionAffinity", "None");
          ObjectNode port = spec.putArray("ports").addObject();
          port.put("name", "https").put("protocol", "TCP").put("port", 443).put("targetPort", 443);
        });
  }

  /** Servers of one port make one subset. */
  static KubeObject endpoints(SortedSet<Address> servers) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Endpoints"),
        NAMESPACE,
        NAME,
        o -> {
          labels(o).put("endpointslice.kubernetes.io/skip-mirror", "true");
          ArrayNode subsets = o.putArray("subsets");
          Map<Integer, List<Address>> byPort =
              servers.stream().collect(groupingBy(Address::port, TreeMap::new, toList()));
          byPort.forEach((port, some) -> {
            ObjectNode subset = subsets.addObject();
            ArrayNode addresses = subset.putArray("addresses");
            some.forEach(server -> addresses.addObject().put("ip", server.ip()));
            https(subset, port);
          });
        });
  }

  /** Servers of one family and port make one slice, the first of which is the Service's own. */
  static List<KubeObject> slices(SortedSet<Address> servers) {
    List<KubeObject> out = new ArrayList<>();
    String family = "";
    int port = 0;
    List<Address> some = new ArrayList<>();
    for (Address server : servers) {
      if (!some.isEmpty() && (!server.family().equals(family) || server.port() != port)) {
        out.add(slice(out.isEmpty(), some));
        some = new ArrayList<>();
      }
      family = server.family();
      port = server.port();
      some.add(server);
    }
    if (!some.isEmpty()) {
      out.add(slice(out.isEmpty(), some));
    }
    return out;
  }

  /** Whether a slice is one of {@link #slices} besides the Service's own. */
  static boolean isFurther(KubeObject slice) {
    return MANAGER.equals(slice.labels().get(MANAGED_BY));
  }

  private static KubeObject slice(boolean first, List<Address> servers) {
    Address one = servers.getFirst();
    return KubeObject.create(
        new GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice"),
        NAMESPACE,
        first ? NAME : NAME + "-" + one.family().toLowerCase(Locale.ROOT) + "-" + one.port(),
        o -> {
          ObjectNode labels = labels(o).put("kubernetes.io/service-name", NAME);
          if (!first) {
            labels.put(MANAGED_BY, MANAGER);
          }
          o.put("addressType", one.family());
          ArrayNode endpoints = o.putArray("endpoints");
          for (Address server : servers) {
            ObjectNode endpoint = endpoints.addObject();
            endpoint.putArray("addresses").add(server.ip());
            endpoint.putObject("conditions").put("ready", true);
          }
          https(o, one.port());
        });
  }

  private static void https(ObjectNode of, int port) {
    of.putArray("ports").addObject().put("name", "https").put("port", port).put("protocol", "TCP");
  }

  private static ObjectNode labels(ObjectNode o) {
    return ((ObjectNode) o.path("metadata")).putObject("labels");
  }
}
