package dev.coracle.proxy.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.proxy.ConnectedPod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What of a Pod matters to policies. Equal facts mean that a change of the Pod changes no rule.
 *
 * @param staticUid of a mirror Pod, what the runtime knows the pod by; else empty
 * @param addresses one of each IP family that it has; none for a pod of its node's own network,
 *     which policies do not affect
 * @param finished nothing runs in it any more, so that its address may be another's already
 * @param ports those that have a name
 */
record PodFacts(
    String namespace,
    String name,
    String uid,
    String staticUid,
    String node,
    Map<String, String> labels,
    List<String> addresses,
    boolean finished,
    List<NamedPort> ports) {

  private static final String CONFIG_MIRROR = "kubernetes.io/config.mirror";

  /** A container's port that has a name. */
  record NamedPort(Protocol protocol, String name, int number) {}

  PodFacts {
    labels = Map.copyOf(labels);
    addresses = List.copyOf(addresses);
    ports = List.copyOf(ports);
  }

  static PodFacts of(KubeObject pod) {
    List<String> addresses = new ArrayList<>();
    if (!pod.at("spec", "hostNetwork").asBoolean()) {
      for (JsonNode ip : pod.at("status", "podIPs")) {
        add(addresses, ip.path("ip").asText(""));
      }
      if (addresses.isEmpty()) {
        add(addresses, pod.text("status", "podIP"));
      }
    }
    List<NamedPort> ports = new ArrayList<>();
    for (JsonNode container : pod.at("spec", "containers")) {
      addNamedPorts(ports, container);
    }
    for (JsonNode container : pod.at("spec", "initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        addNamedPorts(ports, container);
      }
    }
    return new PodFacts(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        pod.annotation(CONFIG_MIRROR).orElse(""),
        pod.text("spec", "nodeName"),
        pod.labels(),
        addresses,
        hasFinished(pod),
        ports);
  }

  /** A pod of this node that the API has not told of yet, as the runtime knows it. */
  static PodFacts of(ConnectedPod pod, String node) {
    return new PodFacts(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        "",
        node,
        pod.labels(),
        List.of(pod.address()),
        false,
        List.of());
  }

  private static void add(List<String> addresses, String ip) {
    if (!ip.isEmpty()) {
      addresses.add(ip);
    }
  }

  private static void addNamedPorts(List<NamedPort> ports, JsonNode container) {
    for (JsonNode port : container.path("ports")) {
      String name = port.path("name").asText("");
      if (!name.isEmpty()) {
        ports.add(
            new NamedPort(
                Protocol.of(port.path("protocol").asText("")),
                name,
                port.path("containerPort").asInt()));
      }
    }
  }

  /** A pod that is being deleted still works until its last container has ended. */
  private static boolean hasFinished(KubeObject pod) {
    String phase = pod.text("status", "phase");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return true;
    }
    JsonNode statuses = pod.at("status", "containerStatuses");
    if (!pod.isDeleting() || statuses.isEmpty()) {
      return false;
    }
    for (JsonNode status : statuses) {
      if (!status.path("state").has("terminated")) {
        return false;
      }
    }
    return true;
  }

  PodFacts withAddresses(List<String> now) {
    return new PodFacts(namespace, name, uid, staticUid, node, labels, now, finished, ports);
  }

  String key() {
    return namespace + "/" + name;
  }

  /** Whether this is the pod that the runtime knows by this uid. */
  boolean is(String runtimeUid) {
    return uid.equals(runtimeUid) || staticUid.equals(runtimeUid) && !runtimeUid.isEmpty();
  }
}
