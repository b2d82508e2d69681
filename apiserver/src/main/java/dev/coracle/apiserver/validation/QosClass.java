package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which class of service a pod's spec asks for (Kubernetes docs, "Pod Quality of Service Classes").
 */
public final class QosClass {

  private QosClass() {}

  public static String of(JsonNode spec) {
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
