package dev.coracle.controllers.internal.devicetaint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.DeviceSelection;
import dev.coracle.client.Lister;
import dev.coracle.client.Reconciler.Result;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The condition {@code EvictionInProgress} of a DeviceTaintRule. It is counted anew for every
 * change of the rule at once, and else no oftener than every {@link #PERIOD}; its transition time
 * says when that was.
 */
final class RuleStatus {

  static final Duration PERIOD = Duration.ofSeconds(10);

  private static final String TYPE = "EvictionInProgress";

  private record Pending(int pods, int namespaces) {
    static final Pending NONE = new Pending(0, 0);
  }

  private record Told(boolean inProgress, String reason, String message) {}

  private final Environment env;
  private final Evictions evictions;
  private final Lister pods;
  private final Lister claims;
  private final Lister slices;

  RuleStatus(Environment env, Evictions evictions, Lister pods, Lister claims, Lister slices) {
    this.env = env;
    this.evictions = evictions;
    this.pods = pods;
    this.claims = claims;
    this.slices = slices;
  }

  /**
   * @param evicted how many pods went by this rule
   */
  Uni<Result> tell(KubeObject rule, int evicted) {
    JsonNode before = Conditions.find(rule, TYPE);
    Instant now = env.now();
    Instant told = Timestamps.parse(before.path("lastTransitionTime").asText(""));
    long generation = rule.at("metadata", "generation").asLong(0);
    boolean known = before.path("observedGeneration").asLong(-1) == generation;
    if (known && told != null && told.plus(PERIOD).isAfter(now)) {
      return Uni.createFrom().item(Result.requeueAfter(Duration.between(now, told.plus(PERIOD))));
    }
    Told next = next(rule, evicted);
    String value = next.inProgress ? "True" : "False";
    if (known
        && before.path("status").asText("").equals(value)
        && before.path("reason").asText("").equals(next.reason)
        && before.path("message").asText("").equals(next.message)) {
      return Uni.createFrom().item(Result.DONE);
    }
    return env.client()
        .updateStatus(
            Resources.DEVICE_TAINT_RULES,
            rule.with(tree -> {
              ObjectNode status = tree.withObjectProperty("status");
              Conditions.remove(status, TYPE);
              ArrayNode conditions = status.withArrayProperty("conditions");
              conditions
                  .addObject()
                  .put("type", TYPE)
                  .put("status", value)
                  .put("reason", next.reason)
                  .put("message", next.message)
                  .put("observedGeneration", generation)
                  .put("lastTransitionTime", Timestamps.time(now));
            }))
        .replaceWith(Result.DONE);
  }

  private Told next(KubeObject rule, int evicted) {
    String after =
        evicted == 0
            ? ""
            : count(evicted, "pod", "pods") + " evicted since starting the controller.";
    return switch (rule.text("spec", "taint", "effect")) {
      case "NoExecute" -> {
        Pending pending = pending(rule);
        if (pending.pods > 0) {
          yield new Told(
              true,
              "PodsPendingEviction",
              joined(
                  count(pending.pods, "pod needs", "pods need")
                      + " to be evicted in "
                      + namespaces(pending)
                      + ".",
                  after));
        }
        yield new Told(false, evicted > 0 ? "Completed" : "NotStarted", after);
      }
      case "None" ->
          // What a rule without effect would do is told once for each change of it.
          new Told(
              false,
              "NoEffect",
              joined(
                  simulated(
                      rule.with(tree ->
                          tree.withObjectProperty("spec")
                              .withObjectProperty("taint")
                              .put("effect", "NoExecute"))),
                  after));
      default ->
          new Told(
              false,
              "OtherEffect",
              joined("Eviction only happens for the NoExecute effect.", after));
    };
  }

  private String simulated(KubeObject rule) {
    Pending pending = pending(rule);
    return count(published(rule), "published device", "published devices")
        + " selected. "
        + count(allocated(rule), "allocated device", "allocated devices")
        + " selected. "
        + count(pending.pods, "pod", "pods")
        + " would be evicted in "
        + namespaces(pending)
        + " if the effect was NoExecute. This information will not be updated again. Recreate the"
        + " DeviceTaintRule to trigger an update.";
  }

  private static String namespaces(Pending pending) {
    return count(pending.namespaces, "namespace", "different namespaces");
  }

  private static String count(int number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }

  private static String joined(String first, String second) {
    return second.isEmpty() ? first : first + " " + second;
  }

  private Pending pending(KubeObject rule) {
    int found = 0;
    Set<String> namespaces = new HashSet<>();
    for (KubeObject pod : pods.list()) {
      if (!pod.isDeleting()
          && evictions.of(pod, List.of(rule)).filter(e -> !e.rules().isEmpty()).isPresent()) {
        found++;
        namespaces.add(pod.namespace());
      }
    }
    return found == 0 ? Pending.NONE : new Pending(found, namespaces.size());
  }

  private int published(KubeObject rule) {
    int found = 0;
    for (KubeObject slice : slices.list()) {
      String driver = slice.text("spec", "driver");
      String pool = slice.text("spec", "pool", "name");
      long generation = slice.at("spec", "pool", "generation").asLong(0);
      boolean isNewest =
          slices.list().stream()
              .filter(s -> Evictions.isOfPool(s, driver, pool))
              .noneMatch(s -> s.at("spec", "pool", "generation").asLong(0) > generation);
      for (JsonNode device : slice.at("spec", "devices")) {
        if (isNewest && selects(rule, driver, pool, device.path("name").asText(""))) {
          found++;
        }
      }
    }
    return found;
  }

  private int allocated(KubeObject rule) {
    int found = 0;
    for (KubeObject claim : claims.list()) {
      for (JsonNode r : claim.at("status", "allocation", "devices", "results")) {
        if (selects(
            rule,
            r.path("driver").asText(""),
            r.path("pool").asText(""),
            r.path("device").asText(""))) {
          found++;
        }
      }
    }
    return found;
  }

  private static boolean selects(KubeObject rule, String driver, String pool, String device) {
    return DeviceSelection.matches(rule.at("spec", "deviceSelector"), driver, pool, device);
  }
}
