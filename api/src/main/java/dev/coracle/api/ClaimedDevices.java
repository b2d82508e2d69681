package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/** How many devices of which DeviceClass a ResourceClaim may get, as quotas count (KEP-4381). */
public final class ClaimedDevices {

  private static final String OF_CLASS = ".deviceclass.resource.k8s.io/devices";

  /** As many as an allocation can have. */
  private static final long ALL = 32;

  private ClaimedDevices() {}

  /** Whether a quota counts devices under this name. */
  public static boolean isCounted(String quotaName) {
    return quotaName.endsWith(OF_CLASS);
  }

  /**
   * By the name that a quota has for them: {@code gpu.deviceclass.resource.k8s.io/devices}. Of
   * alternatives the one that is most counts, for each class.
   *
   * @param spec of a claim of v1
   */
  public static Map<String, Long> of(JsonNode spec) {
    Map<String, Long> out = new TreeMap<>();
    for (JsonNode request : spec.path("devices").path("requests")) {
      Map<String, Long> most = new TreeMap<>();
      if (request.path("exactly").isObject()) {
        add(request.path("exactly"), most);
      }
      request.path("firstAvailable").forEach(alternative -> add(alternative, most));
      most.forEach((name, count) -> out.merge(name, count, Long::sum));
    }
    return out;
  }

  private static void add(JsonNode terms, Map<String, Long> most) {
    long count =
        terms.path("allocationMode").asText("").equals("All") ? ALL : terms.path("count").asLong(1);
    most.merge(terms.path("deviceClassName").asText("") + OF_CLASS, count, Math::max);
  }
}
