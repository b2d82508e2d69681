package dev.coracle.controllers.internal.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ClaimedDevices;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Adds up what objects use, under the names that a ResourceQuota counts by. */
final class QuotaUsage {

  private static final String REQUESTED_STORAGE = "requests.storage";
  private static final String OF_CLASS = ".storageclass.storage.k8s.io/";

  private final Map<String, Quantity> used = new TreeMap<>();

  /** Whether pods have to be looked at for one of these amounts. */
  static boolean needsPods(JsonNode hard) {
    return any(
        hard,
        name ->
            List.of("pods", "count/pods", "cpu", "memory", "ephemeral-storage").contains(name)
                || name.startsWith("hugepages-")
                || name.startsWith("limits.")
                || name.startsWith("requests.") && !name.equals(REQUESTED_STORAGE));
  }

  static boolean needsServices(JsonNode hard) {
    return any(hard, name -> name.equals("count/services") || name.startsWith("services"));
  }

  static boolean needsClaims(JsonNode hard) {
    return any(
        hard,
        name ->
            name.equals(REQUESTED_STORAGE)
                || name.endsWith("persistentvolumeclaims")
                || name.contains(OF_CLASS));
  }

  static boolean needsDevices(JsonNode hard) {
    return any(hard, ClaimedDevices::isCounted);
  }

  private static boolean any(JsonNode hard, Predicate<String> is) {
    return hard.properties().stream().map(Map.Entry::getKey).anyMatch(is);
  }

  Quantity of(String name) {
    return used.getOrDefault(name, Quantity.ZERO);
  }

  private void add(String name, Quantity amount) {
    used.merge(name, amount, Quantity::plus);
  }

  void count(String name, int number) {
    add(name, Quantity.of(number));
  }

  void pods(Collection<KubeObject> pods, JsonNode quotaSpec) {
    for (KubeObject pod : pods) {
      count("count/pods", 1);
      if (Pods.isFinished(pod) || !inScope(pod, quotaSpec)) {
        continue;
      }
      count("pods", 1);
      for (String kind : List.of("requests", "limits")) {
        PodRequests.of(pod.tree(), kind)
            .forEach((name, amount) -> {
              add(kind + "." + name, amount);
              if (kind.equals("requests")) {
                add(name, amount);
              }
            });
      }
    }
  }

  private static boolean inScope(KubeObject pod, JsonNode spec) {
    for (JsonNode scope : spec.path("scopes")) {
      if (!inScope(pod, scope.asText())) {
        return false;
      }
    }
    for (JsonNode e : spec.path("scopeSelector").path("matchExpressions")) {
      String scope = e.path("scopeName").asText();
      boolean matches = scope.equals("PriorityClass") ? priority(pod, e) : inScope(pod, scope);
      if (!matches) {
        return false;
      }
    }
    return true;
  }

  private static boolean priority(KubeObject pod, JsonNode expression) {
    String name = pod.text("spec", "priorityClassName");
    boolean listed = false;
    for (JsonNode value : expression.path("values")) {
      listed |= value.asText().equals(name);
    }
    return switch (expression.path("operator").asText("")) {
      case "In" -> listed;
      case "NotIn" -> !listed;
      case "Exists" -> !name.isEmpty();
      default -> name.isEmpty();
    };
  }

  private static boolean inScope(KubeObject pod, String scope) {
    boolean bestEffort = true;
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode c : pod.at("spec", list)) {
        bestEffort &=
            c.path("resources").path("requests").isEmpty()
                && c.path("resources").path("limits").isEmpty();
      }
    }
    boolean terminating = pod.at("spec", "activeDeadlineSeconds").isNumber();
    return switch (scope) {
      case "BestEffort" -> bestEffort;
      case "NotBestEffort" -> !bestEffort;
      case "Terminating" -> terminating;
      case "NotTerminating" -> !terminating;
      default -> true;
    };
  }

  void services(Collection<KubeObject> services) {
    for (KubeObject service : services) {
      count("services", 1);
      count("count/services", 1);
      String type = service.text("spec", "type");
      if (type.equals("LoadBalancer")) {
        count("services.loadbalancers", 1);
      }
      if (type.equals("NodePort") || type.equals("LoadBalancer")) {
        count("services.nodeports", nodePorts(service, type));
      }
    }
  }

  /** A load balancer that is given none has only those that it names. */
  private static int nodePorts(KubeObject service, String type) {
    JsonNode ports = service.at("spec", "ports");
    if (type.equals("NodePort")
        || service.at("spec", "allocateLoadBalancerNodePorts").asBoolean(true)) {
      return ports.size();
    }
    int named = 0;
    for (JsonNode port : ports) {
      named += port.path("nodePort").asInt() > 0 ? 1 : 0;
    }
    return named;
  }

  void devices(Collection<KubeObject> resourceClaims) {
    for (KubeObject claim : resourceClaims) {
      ClaimedDevices.of(claim.at("spec")).forEach((name, count) -> add(name, Quantity.of(count)));
    }
  }

  void claims(Collection<KubeObject> claims) {
    for (KubeObject claim : claims) {
      count("persistentvolumeclaims", 1);
      count("count/persistentvolumeclaims", 1);
      Quantity size =
          Quantity.tryParse(claim.at("spec", "resources", "requests", "storage").asText(""));
      String storageClass = claim.text("spec", "storageClassName");
      if (size != null) {
        add(REQUESTED_STORAGE, size);
      }
      if (!storageClass.isEmpty()) {
        String prefix = storageClass + OF_CLASS;
        count(prefix + "persistentvolumeclaims", 1);
        if (size != null) {
          add(prefix + "requests.storage", size);
        }
      }
    }
  }
}
