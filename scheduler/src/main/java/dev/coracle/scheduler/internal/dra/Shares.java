package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is taken of devices that are given to several (KEP-5075): each share takes so much of each
 * of the device's capacities, and together no more than there is. Capacities are known by their
 * full names here. Belongs to one search.
 */
final class Shares {

  /** What the shares of one device take together. */
  private static final class Held {
    private final Map<String, Quantity> amounts = new HashMap<>();
    private int shares;

    private void change(Map<String, Quantity> by, boolean back) {
      shares += back ? -1 : 1;
      by.forEach((name, amount) ->
          amounts.merge(name, back ? Quantity.ZERO.minus(amount) : amount, Quantity::plus));
    }
  }

  private final Map<String, Held> byDevice = new HashMap<>();

  /** A share that a claim has already, as its allocation says. */
  void given(String driver, String device, JsonNode consumedCapacity) {
    Map<String, Quantity> amounts = new HashMap<>();
    consumedCapacity
        .properties()
        .forEach(e -> amounts.put(fullName(driver, e.getKey()), quantity(e.getValue())));
    change(device, amounts, false);
  }

  /** The devices of which somebody has a share. */
  Set<String> devices() {
    return byDevice.keySet();
  }

  boolean isHeld(String device) {
    return byDevice.containsKey(device);
  }

  /**
   * What a request takes of a device, by the full names of its capacities: what it asks for, made
   * to fit the capacity's requestPolicy, and the policy's default or all of what it does not ask
   * for.
   *
   * @param requests of the request's {@code capacity}
   * @return null where the device has not what is asked for, or its policy forbids it
   */
  static @Nullable Map<String, Quantity> amounts(Candidate device, JsonNode requests) {
    Map<String, JsonNode> has = capacities(device);
    Map<String, Quantity> asked = new HashMap<>();
    requests
        .properties()
        .forEach(e -> asked.put(fullName(device.driver(), e.getKey()), quantity(e.getValue())));
    if (!has.keySet().containsAll(asked.keySet())) {
      return null;
    }
    Map<String, Quantity> amounts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> capacity : has.entrySet()) {
      Quantity all = quantity(capacity.getValue().path("value"));
      Quantity amount =
          amount(asked.get(capacity.getKey()), all, capacity.getValue().path("requestPolicy"));
      if (amount == null || amount.signum() < 0 || amount.compareTo(all) > 0) {
        return null;
      }
      amounts.put(capacity.getKey(), amount);
    }
    return amounts;
  }

  private static @Nullable Quantity amount(
      @Nullable Quantity asked, Quantity all, JsonNode policy) {
    if (asked == null) {
      return policy.has("default") ? quantity(policy.path("default")) : all;
    }
    if (policy.path("validRange").isObject()) {
      return inRange(asked, policy.path("validRange"));
    }
    if (policy.path("validValues").isEmpty()) {
      return asked;
    }
    Quantity best = null;
    for (JsonNode valid : policy.path("validValues")) {
      Quantity value = quantity(valid);
      if (value.compareTo(asked) >= 0 && (best == null || value.compareTo(best) < 0)) {
        best = value;
      }
    }
    return best;
  }

  private static @Nullable Quantity inRange(Quantity asked, JsonNode range) {
    Quantity min = quantity(range.path("min"));
    Quantity amount = asked;
    if (asked.compareTo(min) < 0) {
      amount = min;
    } else if (range.has("step")) {
      Quantity step = quantity(range.path("step"));
      if (step.signum() <= 0) {
        return null;
      }
      Quantity above = asked.minus(min);
      amount = min.plus(step.times(above.value().divide(step.value(), 0, RoundingMode.CEILING)));
    }
    return range.has("max") && amount.compareTo(quantity(range.path("max"))) > 0 ? null : amount;
  }

  /** Whether there is so much left of the device; if so, it is taken. */
  boolean take(Candidate device, Map<String, Quantity> amounts) {
    Held held = byDevice.get(device.id());
    if (held != null) {
      for (Map.Entry<String, JsonNode> capacity : capacities(device).entrySet()) {
        Quantity taken = held.amounts.getOrDefault(capacity.getKey(), Quantity.ZERO);
        Quantity wanted = amounts.getOrDefault(capacity.getKey(), Quantity.ZERO);
        if (taken.plus(wanted).compareTo(quantity(capacity.getValue().path("value"))) > 0) {
          return false;
        }
      }
    }
    change(device.id(), amounts, false);
    return true;
  }

  void giveBack(Candidate device, Map<String, Quantity> amounts) {
    change(device.id(), amounts, true);
  }

  private void change(String device, Map<String, Quantity> by, boolean back) {
    Held held = byDevice.computeIfAbsent(device, _ -> new Held());
    held.change(by, back);
    if (held.shares == 0) {
      byDevice.remove(device);
    }
  }

  /** By their full names; one that is told by its full name stands before one of the short name. */
  static Map<String, JsonNode> capacities(Candidate device) {
    Map<String, JsonNode> out = new TreeMap<>();
    device
        .node()
        .path("capacity")
        .properties()
        .forEach(e -> {
          String full = fullName(device.driver(), e.getKey());
          if (full.equals(e.getKey())) {
            out.put(full, e.getValue());
          } else {
            out.putIfAbsent(full, e.getValue());
          }
        });
    return out;
  }

  /** A capacity's name as the device publishes it. */
  static String published(Candidate device, String fullName) {
    return device.node().path("capacity").has(fullName)
        ? fullName
        : fullName.substring(device.driver().length() + 1);
  }

  private static String fullName(String driver, String name) {
    return name.indexOf('/') < 0 ? driver + "/" + name : name;
  }

  private static Quantity quantity(JsonNode text) {
    Quantity parsed = Quantity.tryParse(text.asText(""));
    return parsed == null ? Quantity.ZERO : parsed;
  }
}
