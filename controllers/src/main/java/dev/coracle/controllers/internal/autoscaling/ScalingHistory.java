package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What an autoscaler proposed and did of late, and how that bounds what it may do now:
 * stabilisation windows and the policies of {@code behavior}. Without them it grows by 100 % or 4
 * pods in 15 s, and shrinks to the largest proposal of the last 5 minutes.
 */
final class ScalingHistory {

  private record Entry(int value, Instant at) {}

  private static final Duration LONGEST = Duration.ofHours(1);

  private final List<Entry> proposals = new ArrayList<>();
  private final List<Entry> changes = new ArrayList<>();

  void scaled(int change, Instant now) {
    changes.add(new Entry(change, now));
    changes.removeIf(e -> e.at().isBefore(now.minus(LONGEST)));
  }

  /** The size that may be had now, before the autoscaler's least and most. */
  int limit(JsonNode behavior, int size, int proposed, Instant now) {
    proposals.add(new Entry(proposed, now));
    proposals.removeIf(e -> e.at().isBefore(now.minus(LONGEST)));
    int up = stabilised(window(behavior.path("scaleUp"), 0), proposed, now, false);
    int down = stabilised(window(behavior.path("scaleDown"), 300), proposed, now, true);
    int wanted = size;
    if (wanted < up) {
      wanted = up;
    }
    if (wanted > down) {
      wanted = down;
    }
    if (wanted > size) {
      return Math.min(wanted, ceiling(behavior.path("scaleUp"), size, now));
    }
    if (wanted < size) {
      return Math.max(wanted, floor(behavior.path("scaleDown"), size, now));
    }
    return size;
  }

  private static long window(JsonNode rules, long ordinarily) {
    return rules.path("stabilizationWindowSeconds").asLong(ordinarily);
  }

  private int stabilised(long seconds, int proposed, Instant now, boolean largest) {
    int out = proposed;
    for (Entry entry : proposals) {
      if (!entry.at().isBefore(now.minusSeconds(seconds))) {
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
      int before = size - added(15, now);
      return Math.max(before * 2, before + 4);
    }
    int out = select.equals("Min") ? Integer.MAX_VALUE : Integer.MIN_VALUE;
    for (JsonNode policy : policies) {
      int before = size - added(policy.path("periodSeconds").asLong(15), now);
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
      int before = size + removed(policy.path("periodSeconds").asLong(15), now);
      int value = policy.path("value").asInt(0);
      int reach =
          policy.path("type").asText("").equals("Pods")
              ? before - value
              : (int) (before * (1 - value / 100.0));
      out = select.equals("Min") ? Math.max(out, reach) : Math.min(out, reach);
    }
    return out;
  }

  private int added(long seconds, Instant now) {
    return sum(seconds, now, 1);
  }

  private int removed(long seconds, Instant now) {
    return sum(seconds, now, -1);
  }

  private int sum(long seconds, Instant now, int sign) {
    return changes.stream()
        .filter(e -> !e.at().isBefore(now.minusSeconds(seconds)) && e.value() * sign > 0)
        .mapToInt(e -> e.value() * sign)
        .sum();
  }
}
