package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How long pods get when their node goes away, by priority (KEP-2000, KEP-2712). Groups end one
 * after the other, those of the lowest priority first.
 *
 * @param groups ascending; empty: pods get no time of their own
 */
public record ShutdownOptions(List<Group> groups) {

  /** Of pods with at least this priority, up to the next group's. */
  public record Group(int priority, Duration period) {}

  public static final ShutdownOptions NONE = new ShutdownOptions(List.of());

  private static final int DEFAULT_PRIORITY = 0;
  private static final int SYSTEM_CRITICAL = 2_000_000_000;

  public ShutdownOptions {
    groups = groups.stream().sorted(Comparator.comparingInt(Group::priority)).toList();
  }

  /**
   * @param all how long everything may take
   * @param critical the part of it that is kept for critical pods
   */
  public static ShutdownOptions of(Duration all, Duration critical) {
    if (all.isZero()) {
      return NONE;
    }
    return new ShutdownOptions(
        List.of(
            new Group(DEFAULT_PRIORITY, all.minus(critical)),
            new Group(SYSTEM_CRITICAL, critical)));
  }

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static ShutdownOptions parse(JsonNode document) {
    Duration all = ConfigFields.duration(document, "shutdownGracePeriod", Duration.ZERO);
    Duration critical =
        ConfigFields.duration(document, "shutdownGracePeriodCriticalPods", Duration.ZERO);
    if (critical.compareTo(all) > 0) {
      throw ConfigFields.invalid("shutdownGracePeriodCriticalPods must be <= shutdownGracePeriod");
    }
    for (Duration d : List.of(all, critical)) {
      if (!d.isZero() && d.compareTo(Duration.ofSeconds(1)) < 0) {
        throw ConfigFields.invalid("shutdownGracePeriod must be either zero or otherwise >= 1 sec");
      }
    }
    List<Group> groups = new ArrayList<>();
    for (JsonNode group : document.path("shutdownGracePeriodByPodPriority")) {
      int seconds = ConfigFields.number(group, "shutdownGracePeriodSeconds", 0, Integer.MAX_VALUE);
      groups.add(new Group(group.path("priority").asInt(), Duration.ofSeconds(seconds)));
    }
    if (!groups.isEmpty() && !all.isZero()) {
      throw ConfigFields.invalid(
          "Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the"
              + " same time");
    }
    return groups.isEmpty() ? of(all, critical) : new ShutdownOptions(groups);
  }

  public boolean isOn() {
    return !total().isZero();
  }

  /** The longest that all groups take together. */
  public Duration total() {
    return groups.stream().map(Group::period).reduce(Duration.ZERO, Duration::plus);
  }

  /** The index of the group that a pod of this priority ends with. */
  public int groupOf(int priority) {
    int found = 0;
    for (int i = 0; i < groups.size(); i++) {
      if (groups.get(i).priority() <= priority) {
        found = i;
      }
    }
    return found;
  }
}
