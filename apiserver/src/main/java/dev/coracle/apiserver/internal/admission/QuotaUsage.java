package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ClaimedDevices;
import dev.coracle.api.GroupResource;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.apiserver.internal.registry.DeviceConversions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** How much of which quota an object uses (Kubernetes docs, "Resource Quotas"). */
final class QuotaUsage {

  private static final Set<String> COUNTED_BY_NAME =
      Set.of(
          "configmaps",
          "secrets",
          "replicationcontrollers",
          "resourcequotas",
          "services",
          "persistentvolumeclaims",
          "pods");

  private QuotaUsage() {}

  /** By the quota's names: {@code pods}, {@code requests.cpu}, {@code count/deployments.apps}. */
  static Map<String, Quantity> of(GroupResource resource, JsonNode object) {
    Map<String, Quantity> out = new LinkedHashMap<>();
    Quantity one = Quantity.of(1);
    out.put("count/" + resource, one);
    if (resource.group().isEmpty() && COUNTED_BY_NAME.contains(resource.resource())) {
      out.put(resource.resource(), one);
    }
    switch (resource.toString()) {
      case "pods" -> pod(object, out);
      case "services" -> service(object, out);
      case "persistentvolumeclaims" -> claim(object, out);
      case "resourceclaims.resource.k8s.io" ->
          ClaimedDevices.of(DeviceConversions.nested(object).path("spec"))
              .forEach((name, count) -> out.put(name, Quantity.of(count)));
      default -> {}
    }
    return out;
  }

  private static void pod(JsonNode pod, Map<String, Quantity> out) {
    String phase = pod.path("status").path("phase").asText("");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      out.remove("pods");
      return;
    }
    for (String kind : new String[] {"requests", "limits"}) {
      PodRequests.of(pod, kind)
          .forEach((name, q) -> {
            out.put(kind + "." + name, q);
            if (kind.equals("requests")
                && (PodRequests.isOfPods(name) || name.equals("ephemeral-storage"))) {
              out.put(name, q);
            }
          });
    }
  }

  private static void service(JsonNode service, Map<String, Quantity> out) {
    JsonNode spec = service.path("spec");
    String type = spec.path("type").asText("");
    int ports = spec.path("ports").size();
    if (type.equals("NodePort")) {
      out.put("services.nodeports", Quantity.of(ports));
    }
    if (type.equals("LoadBalancer")) {
      out.put("services.loadbalancers", Quantity.of(1));
      if (!spec.path("allocateLoadBalancerNodePorts").asBoolean(true)) {
        ports = 0;
        for (JsonNode port : spec.path("ports")) {
          ports += port.path("nodePort").asInt() > 0 ? 1 : 0;
        }
      }
      out.put("services.nodeports", Quantity.of(ports));
    }
  }

  private static void claim(JsonNode claim, Map<String, Quantity> out) {
    JsonNode spec = claim.path("spec");
    String storageClass = spec.path("storageClassName").asText("");
    Quantity size =
        Quantity.tryParse(spec.path("resources").path("requests").path("storage").asText(""));
    if (size != null) {
      out.put("requests.storage", size);
    }
    if (!storageClass.isEmpty()) {
      String prefix = storageClass + ".storageclass.storage.k8s.io/";
      out.put(prefix + "persistentvolumeclaims", Quantity.of(1));
      if (size != null) {
        out.put(prefix + "requests.storage", size);
      }
    }
  }

  /** Whether a quota of these scopes counts this object. */
  static boolean inScope(JsonNode quotaSpec, GroupResource resource, JsonNode object) {
    JsonNode scopes = quotaSpec.path("scopes");
    JsonNode selector = quotaSpec.path("scopeSelector").path("matchExpressions");
    if (scopes.isEmpty() && selector.isEmpty()) {
      return true;
    }
    if (!resource.toString().equals("pods")) {
      return false;
    }
    for (JsonNode scope : scopes) {
      if (!matches(scope.asText(""), "Exists", quotaSpec.path("none"), object.path("spec"))) {
        return false;
      }
    }
    for (JsonNode e : selector) {
      if (!matches(
          e.path("scopeName").asText(""),
          e.path("operator").asText(""),
          e.path("values"),
          object.path("spec"))) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(String scope, String operator, JsonNode values, JsonNode spec) {
    boolean terminating = spec.path("activeDeadlineSeconds").isNumber();
    return switch (scope) {
      case "Terminating" -> terminating;
      case "NotTerminating" -> !terminating;
      case "BestEffort" -> bestEffort(spec);
      case "NotBestEffort" -> !bestEffort(spec);
      case "PriorityClass" -> {
        String name = spec.path("priorityClassName").asText("");
        boolean in = false;
        for (JsonNode v : values) {
          in |= v.asText("").equals(name);
        }
        yield switch (operator) {
          case "In" -> in;
          case "NotIn" -> !in;
          case "Exists" -> !name.isEmpty();
          case "DoesNotExist" -> name.isEmpty();
          default -> false;
        };
      }
      case "CrossNamespacePodAffinity" ->
          spec.path("affinity").toString().contains("\"namespaces\"")
              || spec.path("affinity").toString().contains("\"namespaceSelector\"");
      default -> false;
    };
  }

  private static boolean bestEffort(JsonNode spec) {
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode c : spec.path(list)) {
        JsonNode r = c.path("resources");
        if (!r.path("requests").isEmpty() || !r.path("limits").isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }
}
