package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Pods: they begin pending with a QoS class, and go gracefully: the kubelet has the grace period to
 * stop the containers, then deletes the Pod with none.
 */
public final class PodStrategy implements KindStrategy {

  private static final long DEFAULT_GRACE_SECONDS = 30;

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  @Override
  public void prepareForCreate(ObjectNode pod, Call call) {
    ObjectNode status = pod.putObject("status");
    status.put("phase", "Pending");
    status.put("qosClass", qosClass(pod.path("spec")));
    PodLabelKeys.merge(pod);
    if (!pod.path("spec").path("schedulingGates").isEmpty()) {
      ObjectNode gated = status.putArray("conditions").addObject();
      gated.put("type", "PodScheduled").put("status", "False").putNull("lastProbeTime");
      gated.put("lastTransitionTime", pod.path("metadata").path("creationTimestamp").asText());
      gated.put("reason", "SchedulingGated");
      gated.put("message", "Scheduling is blocked due to non-empty scheduling gates");
    }
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (call.subresource().equals("status") && now.path("status") instanceof ObjectNode status) {
      JsonNode qos = before.at("status", "qosClass");
      if (qos.isTextual()) {
        status.set("qosClass", qos);
      } else {
        status.put("qosClass", qosClass(now.path("spec")));
      }
    }
  }

  @Override
  public long gracePeriodSeconds(KubeObject pod, DeleteOptions options) {
    long period = options.gracePeriodSeconds();
    if (period < 0) {
      period = pod.at("spec", "terminationGracePeriodSeconds").asLong(DEFAULT_GRACE_SECONDS);
    }
    String phase = pod.text("status", "phase");
    if (pod.text("spec", "nodeName").isEmpty()
        || phase.equals("Failed")
        || phase.equals("Succeeded")) {
      period = 0;
    }
    // A negative period in the spec means: as short as can be.
    return period < 0 ? 1 : period;
  }

  /** Kubernetes docs, "Pod Quality of Service Classes". */
  static String qosClass(JsonNode spec) {
    Map<String, BigDecimal> requests = new LinkedHashMap<>();
    Map<String, BigDecimal> limits = new LinkedHashMap<>();
    boolean guaranteed = true;
    if (spec.path("resources").isObject()
        && !(spec.path("resources").path("limits").isEmpty()
            && spec.path("resources").path("requests").isEmpty())) {
      guaranteed = collect(spec.path("resources"), requests, limits);
    } else {
      ArrayNode all = Json.array();
      spec.path("initContainers").forEach(all::add);
      spec.path("containers").forEach(all::add);
      for (JsonNode container : all) {
        guaranteed &= collect(container.path("resources"), requests, limits);
      }
    }
    if (requests.isEmpty() && limits.isEmpty()) {
      return "BestEffort";
    }
    if (guaranteed) {
      for (var request : requests.entrySet()) {
        BigDecimal limit = limits.get(request.getKey());
        guaranteed &= limit != null && limit.compareTo(request.getValue()) == 0;
      }
      if (guaranteed && requests.size() == limits.size()) {
        return "Guaranteed";
      }
    }
    return "Burstable";
  }

  /** Adds up cpu and memory; says whether both are limited. */
  private static boolean collect(
      JsonNode resources, Map<String, BigDecimal> requests, Map<String, BigDecimal> limits) {
    add(resources.path("requests"), requests);
    return add(resources.path("limits"), limits) == 2;
  }

  private static int add(JsonNode list, Map<String, BigDecimal> sums) {
    int count = 0;
    for (String name : new String[] {"cpu", "memory"}) {
      Quantity q = Quantity.tryParse(list.path(name).asText(""));
      if (q != null && q.signum() > 0) {
        count++;
        sums.merge(name, q.value(), BigDecimal::add);
      }
    }
    return count;
  }
}
