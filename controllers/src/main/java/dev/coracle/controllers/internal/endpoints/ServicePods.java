package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How a Service sees pods: which belong to it, at which addresses and ports, in which state. */
final class ServicePods {

  private ServicePods() {}

  static Map<String, String> selector(KubeObject service) {
    return KubeObject.strings(service.at("spec", "selector"));
  }

  static boolean picks(KubeObject service, KubeObject pod) {
    Map<String, String> selector = selector(service);
    return !selector.isEmpty() && LabelSelector.ofLabels(selector).matches(pod);
  }

  static boolean isHeadless(KubeObject service) {
    return service.text("spec", "clusterIP").equals("None");
  }

  static boolean publishesNotReady(KubeObject service) {
    return service.at("spec", "publishNotReadyAddresses").asBoolean();
  }

  /**
   * The address families whose slices the Service gets, the one of its Endpoints first. Those of a
   * Service from before it had families follow from its address; headless ones have both.
   */
  static Set<String> families(KubeObject service) {
    Set<String> out = new LinkedHashSet<>();
    service.at("spec", "ipFamilies").forEach(f -> out.add(f.asText()));
    if (out.isEmpty()) {
      String ip = service.text("spec", "clusterIP");
      if (ip.isEmpty() || ip.equals("None")) {
        out.add("IPv4");
        out.add("IPv6");
      } else {
        out.add(ip.contains(":") ? "IPv6" : "IPv4");
      }
    }
    return out;
  }

  /** The pod's address of this family, empty while it has none. */
  static Optional<String> address(KubeObject pod, String family) {
    List<String> ips = new ArrayList<>();
    pod.at("status", "podIPs").forEach(ip -> ips.add(ip.path("ip").asText("")));
    if (ips.isEmpty()) {
      ips.add(pod.text("status", "podIP"));
    }
    return ips.stream()
        .filter(ip -> !ip.isEmpty() && ip.contains(":") == family.equals("IPv6"))
        .findFirst();
  }

  /** The one address of the pod that Endpoints show, empty while it has none. */
  static Optional<String> primaryAddress(KubeObject pod, KubeObject service) {
    boolean any = service.at("spec", "ipFamilies").isEmpty() && isHeadless(service);
    String own = pod.text("status", "podIP");
    return any
        ? Optional.of(own).filter(ip -> !ip.isEmpty())
        : address(pod, families(service).iterator().next());
  }

  /** A pod that will never again have an address is no endpoint. */
  static boolean isCandidate(KubeObject pod, KubeObject service) {
    return !Pods.isFinished(pod)
        && (!pod.isDeleting() || !pod.at("status", "podIP").asText("").isEmpty());
  }

  /** The ports in the form of a slice; a named target is looked up in the pod. */
  static ArrayNode ports(KubeObject service, KubeObject pod) {
    ArrayNode out = Json.array();
    for (JsonNode port : service.at("spec", "ports")) {
      int number = targetPort(port, pod);
      if (number > 0) {
        ObjectNode one = out.addObject();
        one.put("name", port.path("name").asText(""));
        one.put("protocol", port.path("protocol").asText("TCP"));
        one.put("port", number);
        if (port.hasNonNull("appProtocol")) {
          one.set("appProtocol", port.path("appProtocol"));
        }
      }
    }
    return out;
  }

  private static int targetPort(JsonNode port, KubeObject pod) {
    JsonNode target = port.path("targetPort");
    if (!target.isTextual()) {
      int number = target.asInt(0);
      return number > 0 ? number : port.path("port").asInt(0);
    }
    String protocol = port.path("protocol").asText("TCP");
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : pod.at("spec", list)) {
        for (JsonNode p : container.path("ports")) {
          if (p.path("name").asText("").equals(target.asText())
              && p.path("protocol").asText("TCP").equals(protocol)) {
            return p.path("containerPort").asInt(0);
          }
        }
      }
    }
    return 0;
  }

  /** Names the pod, as an endpoint's {@code targetRef}. */
  static ObjectNode reference(KubeObject pod) {
    return Json.object()
        .put("kind", "Pod")
        .put("namespace", pod.namespace())
        .put("name", pod.name())
        .put("uid", pod.uid());
  }

  /** The host name under which DNS knows the pod in this Service, empty for none. */
  static String hostname(KubeObject service, KubeObject pod) {
    return pod.text("spec", "subdomain").equals(service.name()) ? pod.text("spec", "hostname") : "";
  }
}
