package dev.coracle.controllers.internal.loadbalancer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/** Which nodes clients may be sent to, and under which addresses. */
final class BalancingNodes {

  private static final String EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";
  private static final String LEAVING = "ToBeDeletedByClusterAutoscaler";

  private BalancingNodes() {}

  static boolean takesTraffic(KubeObject node) {
    if (node.isDeleting()
        || node.labels().containsKey(EXCLUDED)
        || !Conditions.isTrue(node, "Ready")) {
      return false;
    }
    for (JsonNode taint : node.at("spec", "taints")) {
      if (taint.path("key").asText().equals(LEAVING)) {
        return false;
      }
    }
    return true;
  }

  /** All addresses of this type, in the node's order. */
  private static List<String> addresses(KubeObject node, String type) {
    List<String> found = new ArrayList<>();
    for (JsonNode address : node.at("status", "addresses")) {
      if (address.path("type").asText().equals(type)) {
        found.add(address.path("address").asText());
      }
    }
    return found;
  }

  /** Of this family, the first external one, else the first internal one; at most one. */
  private static List<String> address(KubeObject node, String family) {
    Predicate<String> fits = a -> (a.indexOf(':') >= 0) == family.equals("IPv6");
    List<String> all = new ArrayList<>(addresses(node, "ExternalIP"));
    all.addAll(addresses(node, "InternalIP"));
    return all.stream().filter(fits).limit(1).toList();
  }

  /**
   * Of the nodes that take traffic and that {@code serves}, by their names, each family's addresses
   * together.
   */
  static List<String> addresses(
      Collection<KubeObject> nodes, List<String> families, Predicate<KubeObject> serves) {
    List<KubeObject> chosen =
        nodes.stream()
            .filter(BalancingNodes::takesTraffic)
            .filter(serves)
            .sorted(Comparator.comparing(KubeObject::name))
            .toList();
    return families.stream()
        .flatMap(family -> chosen.stream().flatMap(node -> address(node, family).stream()))
        .toList();
  }

  static boolean isAddressOf(Collection<KubeObject> nodes, String address) {
    return nodes.stream()
        .anyMatch(node ->
            addresses(node, "InternalIP").contains(address)
                || addresses(node, "ExternalIP").contains(address));
  }

  /** Whether the difference is of no matter here. */
  static boolean same(KubeObject before, KubeObject now) {
    return takesTraffic(before) == takesTraffic(now)
        && before.at("status", "addresses").equals(now.at("status", "addresses"));
  }
}
