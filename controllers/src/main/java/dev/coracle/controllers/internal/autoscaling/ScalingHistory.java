package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What an autoscaler proposed and did of late, and how that bounds what it may do now:
 * stabilisation windows and the policies of {@code behavior}. Without a behavior it goes at most to
 * twice its size, or to 4, at a time, and never below the largest proposal of late.
 */
final class ScalingHistory {

  /**
   * What may be had now, and what the conditions say of it.
   *
   * @param able of {@code AbleToScale}, which is True
   * @param limited whether a bound holds it back, as {@code ScalingLimited} says with {@code limit}
   */
  record Decision(int size, Words able, boolean limited, Words limit) {

    void tell(ObjectNode status, Instant now) {
      Conditions.set(status, "AbleToScale", "True", able.reason(), able.message(), now);
      Conditions.set(
          status,
          "ScalingLimited",
          limited ? "True" : "False",
          limit.reason(),
          limit.message(),
          now);
    }
  }

  /** Of a condition. */
  record Words(String reason, String message) {}

  /** The furthest it may go now, and why not further. */
  private record Bound(int size, Words why) {}

  private record Entry(int value, Instant at) {}

  private static final Words READY =
      new Words("ReadyForNewScale", "recommended size matches current size");
  private static final Words HIGHER_BEFORE =
      new Words(
          "ScaleDownStabilized",
          "recent recommendations were higher than current one, applying the highest recent"
              + " recommendation");
  private static final Words LOWER_BEFORE =
      new Words(
          "ScaleUpStabilized",
          "recent recommendations were lower than current one, applying the lowest recent"
              + " recommendation");
  private static final Words WITHIN =
      new Words("DesiredWithinRange", "the desired count is within the acceptable range");
  private static final Words TOO_FAST =
      new Words(
          "ScaleUpLimit",
          "the desired replica count is increasing faster than the maximum scale rate");
  private static final Words TOO_FAST_DOWN =
      new Words(
          "ScaleDownLimit",
          "the desired replica count is decreasing faster than the maximum scale rate");
  private static final Words TOO_MANY =
      new Words(
          "TooManyReplicas", "the desired replica count is more than the maximum replica count");
  private static final Words TOO_FEW =
      new Words(
          "TooFewReplicas", "the desired replica count is less than the minimum replica count");

  /** A behavior can look back so far. */
  private static final Duration LONGEST = Duration.ofHours(1);

  private final Duration stable;
  private boolean begun;
  private final List<Entry> proposals = new ArrayList<>();
  private final List<Entry> changes = new ArrayList<>();

  /**
   * @param stable how long a proposal keeps the target from shrinking below it, ordinarily
   */
  ScalingHistory(Duration stable) {
    this.stable = stable;
  }

  /** The size in which the target was found counts as proposed, so it does not shrink at once. */
  void begin(int size, Instant now) {
    if (!begun) {
      begun = true;
      proposals.add(new Entry(size, now));
    }
  }

  void scaled(int change, Instant now) {
    changes.add(new Entry(change, now));
    changes.removeIf(e -> e.at().isBefore(now.minus(LONGEST)));
  }

  /**
   * @param min and {@code max}: the autoscaler's
   */
  Decision decide(JsonNode behavior, int size, int proposed, int min, int max, Instant now) {
    Duration kept = stable.compareTo(LONGEST) > 0 ? stable : LONGEST;
    proposals.add(new Entry(proposed, now));
    proposals.removeIf(e -> e.at().isBefore(now.minus(kept)));
    boolean ruled = behavior.isObject();
    int steady =
        ruled
            ? stable(behavior, size, proposed, now)
            : stabilised(stable.toSeconds(), proposed, now, true);
    Words able =
        steady == proposed ? READY : ruled && proposed >= size ? LOWER_BEFORE : HIGHER_BEFORE;
    Bound bound =
        ruled ? bound(behavior, size, steady, min, max, now) : bound(size, steady, min, max);
    return new Decision(bound.size(), able, bound.size() != steady, bound.why());
  }

  private int stable(JsonNode behavior, int size, int proposed, Instant now) {
    int up = stabilised(window(behavior.path("scaleUp"), 0), proposed, now, false);
    int down =
        stabilised(window(behavior.path("scaleDown"), stable.toSeconds()), proposed, now, true);
    return Math.min(Math.max(size, up), down);
  }

  private Bound bound(JsonNode behavior, int size, int wanted, int min, int max, Instant now) {
    if (wanted > size) {
      int ceiling = Math.max(size, ceiling(behavior.path("scaleUp"), size, now));
      Bound most = max > ceiling ? new Bound(ceiling, TOO_FAST) : new Bound(max, TOO_MANY);
      return wanted > most.size() ? most : new Bound(wanted, WITHIN);
    }
    if (wanted < size) {
      int floor = Math.min(size, floor(behavior.path("scaleDown"), size, now));
      Bound least = min < floor ? new Bound(floor, TOO_FAST_DOWN) : new Bound(min, TOO_FEW);
      return wanted < least.size() ? least : new Bound(wanted, WITHIN);
    }
    return new Bound(wanted, WITHIN);
  }

  /** Without rules it grows to twice its size at most, and to four at least. */
  private static Bound bound(int size, int wanted, int min, int max) {
    int ceiling = Math.max(2 * size, 4);
    Bound most = max > ceiling ? new Bound(ceiling, TOO_FAST) : new Bound(max, TOO_MANY);
    if (wanted < min) {
      return new Bound(min, TOO_FEW);
    }
    return wanted > most.size() ? most : new Bound(wanted, WITHIN);
  }

  private static long window(JsonNode rules, long ordinarily) {
    return rules.path("stabilizationWindowSeconds").asLong(ordinarily);
  }

  private int stabilised(long seconds, int proposed, Instant now, boolean largest) {
    int out = proposed;
    for (Entry entry : proposals) {
      if (entry.at().isAfter(now.minusSeconds(seconds))) {
        out = largest ? Math.max(out, entry.value()) : Math.min(out, entry.value());
      }
    }
    return out;
  }

  private int ceiling(JsonNode rules, int size, Instant now) {
    JsonNode policies = rules.path("policies");
    String select = rules.path("selectPolicy").asText("Max");
    if (select.equals("Disabled")) {
      return size;
    }
    if (policies.isEmpty()) {
      int before = before(size, 15, now);
      return Math.max(before * 2, before + 4);
    }
    int out = select.equals("Min") ? Integer.MAX_VALUE : Integer.MIN_VALUE;
    for (JsonNode policy : policies) {
      int before = before(size, policy.path("periodSeconds").asLong(15), now);
      int value = policy.path("value").asInt(0);
      int reach =
          policy.path("type").asText("").equals("Pods")
              ? before + value
              : (int) Math.ceil(before * (1 + value / 100.0));
      out = select.equals("Min") ? Math.min(out, reach) : Math.max(out, reach);
    }
    return out;
  }

  private int floor(JsonNode rules, int size, Instant now) {
    JsonNode policies = rules.path("policies");
    String select = rules.path("selectPolicy").asText("Max");
    if (select.equals("Disabled")) {
      return size;
    }
    if (policies.isEmpty()) {
      return 0;
    }
    int out = select.equals("Min") ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    for (JsonNode policy : policies) {
      int before = before(size, policy.path("periodSeconds").asLong(15), now);
      int value = policy.path("value").asInt(0);
      int reach =
          policy.path("type").asText("").equals("Pods")
              ? before - value
              : (int) (before * (1 - value / 100.0));
      out = select.equals("Min") ? Math.max(out, reach) : Math.min(out, reach);
    }
    return out;
  }

  /** How large the target was when the period began, whatever it has been through since. */
  private int before(int size, long seconds, Instant now) {
    return size
        - changes.stream()
            .filter(e -> !e.at().isBefore(now.minusSeconds(seconds)))
            .mapToInt(Entry::value)
            .sum();
  }
}
