package dev.coracle.controllers.internal.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ClaimedDevices;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.quota.QuotaScopes;
import dev.coracle.api.quota.QuotaUsage;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Adds up what objects use of one quota, under the names that it counts by. */
final class QuotaTotals {

  private static final String REQUESTED_STORAGE = "requests.storage";

  private final JsonNode spec;
  private final Instant now;
  private final Map<String, Quantity> used = new TreeMap<>();

  /**
   * @param spec of the ResourceQuota
   */
  QuotaTotals(JsonNode spec, Instant now) {
    this.spec = spec;
    this.now = now;
  }

  /** Whether pods have to be looked at for one of its amounts. */
  boolean needsPods() {
    return any(name ->
        List.of("pods", "count/pods", "cpu", "memory", "ephemeral-storage").contains(name)
            || name.startsWith("hugepages-")
            || name.startsWith("limits.")
            || name.startsWith("requests.") && !name.equals(REQUESTED_STORAGE));
  }

  boolean needsServices() {
    return any(name -> name.equals("count/services") || name.startsWith("services"));
  }

  boolean needsClaims() {
    return any(name ->
        name.equals(REQUESTED_STORAGE)
            || name.endsWith("persistentvolumeclaims")
            || name.contains(QuotaUsage.OF_CLASS));
  }

  boolean needsDevices() {
    return any(ClaimedDevices::isCounted);
  }

  private boolean any(Predicate<String> is) {
    return spec.path("hard").properties().stream().map(Map.Entry::getKey).anyMatch(is);
  }

  Quantity of(String name) {
    return used.getOrDefault(name, Quantity.ZERO);
  }

  /** Adds those of these objects that are in its scopes. */
  void add(GroupResource resource, Collection<KubeObject> objects) {
    for (KubeObject object : objects) {
      if (QuotaScopes.count(spec, resource, object.tree())) {
        QuotaUsage.of(resource, object.tree(), now)
            .forEach((name, amount) -> used.merge(name, amount, Quantity::plus));
      }
    }
  }
}
