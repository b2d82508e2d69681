package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;

/** The three objects by which Pods find the API server. */
final class KubernetesService {

  private static final String NAME = "kubernetes";

  private KubernetesService() {}

  static KubeObject service(String address) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Service"),
        "default",
        NAME,
        o -> {
          labels(o).put("component", "apiserver").put("provider", "kubernetes");
          ObjectNode spec = o.putObject("spec").put("type", "ClusterIP").put("clusterIP", address);
          spec.put("sessionAffinity", "None");
          ObjectNode port = spec.putArray("ports").addObject();
          port.put("name", "https").put("protocol", "TCP").put("port", 443).put("targetPort", 443);
        });
  }

  static KubeObject endpoints(String address, int port) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Endpoints"),
        "default",
        NAME,
        o -> {
          labels(o).put("endpointslice.kubernetes.io/skip-mirror", "true");
          ObjectNode subset = o.putArray("subsets").addObject();
          subset.putArray("addresses").addObject().put("ip", address);
          ObjectNode p = subset.putArray("ports").addObject();
          p.put("name", "https").put("port", port).put("protocol", "TCP");
        });
  }

  static KubeObject slice(String address, int port) {
    return KubeObject.create(
        new GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice"),
        "default",
        NAME,
        o -> {
          labels(o).put("kubernetes.io/service-name", NAME);
          o.put("addressType", address.contains(":") ? "IPv6" : "IPv4");
          ObjectNode endpoint = o.putArray("endpoints").addObject();
          endpoint.putArray("addresses").add(address);
          endpoint.putObject("conditions").put("ready", true);
          ObjectNode p = o.putArray("ports").addObject();
          p.put("name", "https").put("port", port).put("protocol", "TCP");
        });
  }

  private static ObjectNode labels(ObjectNode o) {
    return ((ObjectNode) o.path("metadata")).putObject("labels");
  }
}
