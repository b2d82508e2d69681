package dev.coracle.controllers.internal.devicetaint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.DeviceSelection;
import dev.coracle.api.selector.Toleration;
import dev.coracle.client.Lister;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When pods must go by the {@code NoExecute} taints of devices that they have: those which drivers
 * tell of in the newest slices of a pool, and those of rules.
 */
final class Evictions {

  /**
   * @param when of all taints that are not tolerated, the first time that is up
   * @param rules the names of the rules that have to do with it
   */
  record Eviction(Instant when, Set<String> rules) {}

  private record Taint(JsonNode taint, String rule) {}

  private final Lister claims;
  private final Lister slices;

  Evictions(Lister claims, Lister slices) {
    this.claims = claims;
    this.slices = slices;
  }

  /**
   * @param rules that count
   */
  Optional<Eviction> of(KubeObject pod, Collection<KubeObject> rules) {
    if (pod.text("spec", "nodeName").isEmpty()) {
      return Optional.empty();
    }
    Instant first = Instant.MAX;
    Set<String> because = new LinkedHashSet<>();
    for (String name : claimNames(pod)) {
      KubeObject claim = claims.get(pod.namespace(), name).orElse(null);
      if (claim == null || !isReservedFor(claim, pod)) {
        continue;
      }
      for (JsonNode result : claim.at("status", "allocation", "devices", "results")) {
        for (Taint taint : taints(result, rules)) {
          Instant when = until(taint.taint, result.path("tolerations"));
          if (when.equals(Instant.MAX)) {
            continue;
          }
          first = when.isBefore(first) ? when : first;
          if (!taint.rule.isEmpty()) {
            because.add(taint.rule);
          }
        }
      }
    }
    return first.equals(Instant.MAX) ? Optional.empty() : Optional.of(new Eviction(first, because));
  }

  /** Those of its spec, and the one that the scheduler made for its extended resources. */
  private static Set<String> claimNames(KubeObject pod) {
    Set<String> out = new LinkedHashSet<>();
    Set<String> made = new HashSet<>();
    for (JsonNode entry : pod.at("spec", "resourceClaims")) {
      out.add(entry.path("resourceClaimName").asText(""));
      made.add(entry.path("name").asText(""));
    }
    for (JsonNode status : pod.at("status", "resourceClaimStatuses")) {
      if (made.contains(status.path("name").asText(""))) {
        out.add(status.path("resourceClaimName").asText(""));
      }
    }
    out.add(pod.text("status", "extendedResourceClaimStatus", "resourceClaimName"));
    out.remove("");
    return out;
  }

  private static boolean isReservedFor(KubeObject claim, KubeObject pod) {
    for (JsonNode consumer : claim.at("status", "reservedFor")) {
      if (consumer.path("uid").asText("").equals(pod.uid())) {
        return true;
      }
    }
    return false;
  }

  private List<Taint> taints(JsonNode result, Collection<KubeObject> rules) {
    String driver = result.path("driver").asText("");
    String pool = result.path("pool").asText("");
    String name = result.path("device").asText("");
    List<Taint> out = new ArrayList<>();
    for (JsonNode taint : device(driver, pool, name).path("taints")) {
      if (evicts(taint)) {
        out.add(new Taint(taint, ""));
      }
    }
    for (KubeObject rule : rules) {
      if (evicts(rule.at("spec", "taint"))
          && DeviceSelection.matches(rule.at("spec", "deviceSelector"), driver, pool, name)) {
        out.add(new Taint(rule.at("spec", "taint"), rule.name()));
      }
    }
    return out;
  }

  static boolean evicts(JsonNode taint) {
    return taint.path("effect").asText("").equals("NoExecute");
  }

  /** A missing node where no slice of the pool's newest generation tells of the device. */
  private JsonNode device(String driver, String pool, String name) {
    JsonNode found = MissingNode.getInstance();
    long newest = Long.MIN_VALUE;
    for (KubeObject slice : slices.list()) {
      if (isOfPool(slice, driver, pool)) {
        long generation = slice.at("spec", "pool", "generation").asLong(0);
        if (generation > newest) {
          newest = generation;
          found = MissingNode.getInstance();
        }
        if (generation == newest) {
          for (JsonNode device : slice.at("spec", "devices")) {
            found = device.path("name").asText("").equals(name) ? device : found;
          }
        }
      }
    }
    return found;
  }

  static boolean isOfPool(KubeObject slice, String driver, String pool) {
    return slice.text("spec", "driver").equals(driver)
        && slice.text("spec", "pool", "name").equals(pool);
  }

  /** {@link Instant#MAX} for a taint that is tolerated for ever. */
  private static Instant until(JsonNode taint, JsonNode tolerations) {
    long seconds = -1;
    for (JsonNode t : tolerations) {
      if (!Toleration.of(t).tolerates(Toleration.Taint.of(taint))) {
        continue;
      }
      // Only tolerations of this very effect are for a time.
      if (!evicts(t) || !t.path("tolerationSeconds").isNumber()) {
        return Instant.MAX;
      }
      long own = Math.max(0, t.path("tolerationSeconds").asLong());
      seconds = seconds < 0 ? own : Math.min(seconds, own);
    }
    Instant added = Timestamps.parse(taint.path("timeAdded").asText(""));
    Instant since = added == null ? Instant.EPOCH : added;
    long most = Instant.MAX.getEpochSecond() - 1 - since.getEpochSecond();
    return since.plusSeconds(Math.min(Math.max(0, seconds), most));
  }
}
