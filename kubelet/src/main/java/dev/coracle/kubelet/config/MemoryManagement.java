package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which containers have memory of their own (KEP-1769).
 *
 * @param exclusive the policy {@code Static}: Guaranteed pods' containers have their memory and
 *     huge pages from NUMA nodes that are told; otherwise {@code None}
 * @param reserved {@code reservedMemory}: what of each NUMA node is not for them, by resource
 */
public record MemoryManagement(boolean exclusive, Map<Integer, Map<String, Quantity>> reserved) {
  public static final MemoryManagement NONE = new MemoryManagement(false, Map.of());

  private static final String HUGE_PAGES = "hugepages-";

  public MemoryManagement {
    reserved = Map.copyOf(reserved);
  }

  /** The policy's name in a KubeletConfiguration. */
  public String policy() {
    return exclusive ? "Static" : "None";
  }

  /** Whether a resource is memory that NUMA nodes have. */
  public static boolean isMemory(String resource) {
    return resource.equals("memory") || resource.startsWith(HUGE_PAGES);
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static MemoryManagement parse(JsonNode document) {
    String policy = document.path("memoryManagerPolicy").asText("None");
    if (!policy.equals("None") && !policy.equals("Static")) {
      throw new IllegalArgumentException(
          "invalid configuration: memoryManagerPolicy: unknown policy: \""
              + policy
              + "\"; it must be None or Static");
    }
    Map<Integer, Map<String, Quantity>> reserved = new TreeMap<>();
    for (JsonNode entry : document.path("reservedMemory")) {
      int node = entry.path("numaNode").asInt();
      Map<String, Quantity> limits = reserved.computeIfAbsent(node, _ -> new TreeMap<>());
      entry
          .path("limits")
          .properties()
          .forEach(e -> {
            Quantity amount = amount(node, e.getKey(), e.getValue().asText());
            if (limits.put(e.getKey(), amount) != null) {
              throw new IllegalArgumentException(
                  "invalid configuration: the reserved memory has a duplicate value for NUMA node "
                      + node
                      + " and resource \""
                      + e.getKey()
                      + "\"");
            }
          });
    }
    return new MemoryManagement(policy.equals("Static"), reserved);
  }

  private static Quantity amount(int node, String resource, String text) {
    if (!isMemory(resource)) {
      throw new IllegalArgumentException(
          "invalid configuration: the limit type \""
              + resource
              + "\" for NUMA node "
              + node
              + " is not supported, only [memory hugepages-<HugePageSize>] is accepted");
    }
    Quantity amount = Quantity.tryParse(text);
    if (amount == null || amount.signum() < 0) {
      throw new IllegalArgumentException(
          "invalid configuration: reservedMemory: \""
              + text
              + "\" is no amount for NUMA node "
              + node
              + " and resource \""
              + resource
              + "\"");
    }
    if (amount.signum() == 0) {
      throw new IllegalArgumentException(
          "invalid configuration: reserved memory may not be zero for NUMA node "
              + node
              + " and resource \""
              + resource
              + "\"");
    }
    return amount;
  }
}
