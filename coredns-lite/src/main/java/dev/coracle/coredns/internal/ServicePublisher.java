package dev.coracle.coredns.internal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Client;
import io.smallrye.mutiny.Uni;

/**
 * Makes the server reachable for pods: the Service {@code kube-system/kube-dns} on port 53, and an
 * EndpointSlice that leads to where the server really listens.
 */
public final class ServicePublisher {

  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "kube-dns";

  private final Client client;

  public ServicePublisher(Client client) {
    this.client = client;
  }

  public Uni<Void> publish(String clusterIp, String nodeIp, int port) {
    return ensure(Resources.SERVICES, service(clusterIp))
        .chain(() -> ensure(Resources.ENDPOINT_SLICES, slice(nodeIp, port)));
  }

  /**
   * Patches what is there, makes what is not; a create first would fail on the address the Service
   * has itself.
   */
  private Uni<Void> ensure(GroupVersionResource resource, KubeObject object) {
    Patch patch =
        Patch.merge(body -> {
          body.set("metadata", object.edit().path("metadata"));
          body.setAll(contents(object));
        });
    return client
        .patch(resource, NAMESPACE, object.name(), patch)
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() -> client.create(resource, object))
        .replaceWithVoid();
  }

  private static ObjectNode contents(KubeObject object) {
    ObjectNode copy = object.edit();
    copy.remove("metadata");
    if (copy.path("spec") instanceof ObjectNode spec) {
      spec.remove("clusterIP"); // It cannot change, and the server knows the list form too.
    }
    return copy;
  }

  private static KubeObject service(String clusterIp) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Service"),
        NAMESPACE,
        NAME,
        node -> {
          label(node)
              .put("k8s-app", "kube-dns")
              .put("kubernetes.io/cluster-service", "true") // `kubectl cluster-info` shows these.
              .put("kubernetes.io/name", "CoreDNS");
          ObjectNode spec = node.putObject("spec");
          spec.put("clusterIP", clusterIp);
          ArrayNode ports = spec.putArray("ports");
          port(ports, "dns", "UDP", 53).put("targetPort", 53);
          port(ports, "dns-tcp", "TCP", 53).put("targetPort", 53);
        });
  }

  private static KubeObject slice(String nodeIp, int port) {
    return KubeObject.create(
        new GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice"),
        NAMESPACE,
        NAME,
        node -> {
          label(node).put(ServiceDirectory.SERVICE_NAME, NAME);
          node.put("addressType", nodeIp.indexOf(':') < 0 ? "IPv4" : "IPv6");
          ObjectNode endpoint = node.putArray("endpoints").addObject();
          endpoint.putArray("addresses").add(nodeIp);
          endpoint.putObject("conditions").put("ready", true);
          ArrayNode ports = node.putArray("ports");
          port(ports, "dns", "UDP", port);
          port(ports, "dns-tcp", "TCP", port);
        });
  }

  private static ObjectNode label(ObjectNode node) {
    return ((ObjectNode) node.path("metadata")).putObject("labels");
  }

  private static ObjectNode port(ArrayNode ports, String name, String protocol, int port) {
    return ports.addObject().put("name", name).put("protocol", protocol).put("port", port);
  }
}
