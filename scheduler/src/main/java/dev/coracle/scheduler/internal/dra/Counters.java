package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What devices of a pool take from one another (KEP-4815): a device that is given to a claim takes
 * so much of counters that its pool has, and others that need them get what is left. Belongs to one
 * search.
 */
final class Counters {

  /** One counter of all the cluster's. */
  private record Counter(String pool, String set, String name) {}

  private final Map<Counter, Quantity> left = new HashMap<>();
  private final Map<String, Map<Counter, Quantity>> takes = new HashMap<>();

  /**
   * What a slice tells of its pool's counters.
   *
   * @param pool by driver and name
   */
  void offer(String pool, JsonNode sharedCounters) {
    for (JsonNode set : sharedCounters) {
      set.path("counters")
          .properties()
          .forEach(e ->
              left.put(
                  new Counter(pool, set.path("name").asText(""), e.getKey()), value(e.getValue())));
    }
  }

  /** What a device takes of them. */
  void takes(String pool, Candidate device) {
    Map<Counter, Quantity> all = new HashMap<>();
    for (JsonNode of : device.node().path("consumesCounters")) {
      String set = of.path("counterSet").asText("");
      of.path("counters")
          .properties()
          .forEach(e ->
              all.merge(new Counter(pool, set, e.getKey()), value(e.getValue()), Quantity::plus));
    }
    if (!all.isEmpty()) {
      takes.put(device.id(), all);
    }
  }

  private static Quantity value(JsonNode counter) {
    Quantity parsed = Quantity.tryParse(counter.path("value").asText(""));
    return parsed == null ? Quantity.ZERO : parsed;
  }

  /** Devices that claims have already; of a counter there may then be less than nothing. */
  void given(Set<String> devices) {
    devices.forEach(id -> change(id, false));
  }

  /** Whether there is enough for the device; if so, it is taken. */
  boolean take(String device) {
    for (Map.Entry<Counter, Quantity> e : takes.getOrDefault(device, Map.of()).entrySet()) {
      Quantity has = left.get(e.getKey());
      if (has == null || has.compareTo(e.getValue()) < 0) {
        return false;
      }
    }
    change(device, false);
    return true;
  }

  void giveBack(String device) {
    change(device, true);
  }

  private void change(String device, boolean back) {
    takes
        .getOrDefault(device, Map.of())
        .forEach((counter, amount) ->
            left.computeIfPresent(
                counter, (_, has) -> back ? has.plus(amount) : has.minus(amount)));
  }
}
