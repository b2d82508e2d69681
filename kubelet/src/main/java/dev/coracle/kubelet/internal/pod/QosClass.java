package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Quality of service classes (Kubernetes docs, "Pod Quality of Service Classes"). */
public enum QosClass {
  GUARANTEED("Guaranteed"),
  BURSTABLE("Burstable"),
  BEST_EFFORT("BestEffort");

  private final String text;

  QosClass(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  /** What the API server wrote, else computed from the spec. */
  public static QosClass of(Pod pod) {
    String stored = pod.status().path("qosClass").asText("");
    for (QosClass q : values()) {
      if (q.text.equals(stored)) {
        return q;
      }
    }
    return compute(pod);
  }

  static QosClass compute(Pod pod) {
    JsonNode whole = pod.spec().path("resources");
    if (!whole.path("limits").isEmpty() || !whole.path("requests").isEmpty()) {
      return of(List.of(whole));
    }
    return of(
        pod.allContainers().stream()
            .filter(c -> c.kind() != ContainerSpec.Kind.EPHEMERAL)
            .map(c -> c.node().path("resources"))
            .toList());
  }

  private static QosClass of(List<JsonNode> all) {
    boolean any = false;
    boolean guaranteed = true;
    for (JsonNode resources : all) {
      Set<String> limited = new HashSet<>();
      for (String r : new String[] {"cpu", "memory"}) {
        Quantity limit = quantity(resources.path("limits").path(r));
        Quantity request = quantity(resources.path("requests").path(r));
        any |= limit.signum() > 0 || request.signum() > 0;
        if (limit.signum() > 0) {
          limited.add(r);
          guaranteed &= !resources.path("requests").hasNonNull(r) || request.equals(limit);
        }
      }
      guaranteed &= limited.size() == 2;
    }
    return !any ? BEST_EFFORT : guaranteed ? GUARANTEED : BURSTABLE;
  }

  private static Quantity quantity(JsonNode node) {
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? Quantity.ZERO : q;
  }
}
