package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * When a Job may try again, and which of its indexes: all together after a failure, or each for
 * itself where each has a limit of its own.
 */
final class JobBackoff {

  private static final Duration FIRST_BACKOFF = Duration.ofSeconds(10);
  private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(10);

  private final Supplier<Instant> clock;

  JobBackoff(Supplier<Instant> clock) {
    this.clock = clock;
  }

  /**
   * How long until the next index that has failed may be tried again.
   *
   * @param awaiting the last pods of indexes that have failed
   */
  Duration soonestIndex(
      KubeObject job, JsonNode status, List<KubeObject> all, Map<Integer, KubeObject> awaiting) {
    return openIndexes(job, status, all).stream()
        .map(i -> ofIndex(awaiting.get(i)))
        .filter(Duration::isPositive)
        .min(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  private Duration ofIndex(@Nullable KubeObject last) {
    return last == null ? Duration.ZERO : left(FailedIndexes.all(last) + 1, finishTime(last));
  }

  /** Ten seconds, doubling with every failure since the last success, after the last failure. */
  Duration of(List<KubeObject> all, JsonNode status) {
    Instant lastFailure = null;
    int failures = 0;
    Instant lastSuccess =
        all.stream()
            .filter(p -> Pods.phase(p).equals("Succeeded"))
            .map(JobBackoff::finishTime)
            .max(Comparator.naturalOrder())
            .orElse(Instant.MIN);
    for (KubeObject pod : all) {
      if (Pods.phase(pod).equals("Failed")) {
        Instant at = finishTime(pod);
        if (at.isAfter(lastSuccess)) {
          failures++;
          lastFailure = lastFailure == null || at.isAfter(lastFailure) ? at : lastFailure;
        }
      }
    }
    if (lastFailure == null || JobCounts.total(status, "failed") == 0) {
      return Duration.ZERO;
    }
    return left(failures, lastFailure);
  }

  private Duration left(int failures, Instant since) {
    Duration delay = FIRST_BACKOFF.multipliedBy(1L << Math.min(failures - 1, 10));
    if (delay.compareTo(LONGEST_BACKOFF) > 0) {
      delay = LONGEST_BACKOFF;
    }
    Duration left = Duration.between(clock.get(), since.plus(delay));
    return left.isPositive() ? left : Duration.ZERO;
  }

  /**
   * When its last container ended; where that is not told, as of a pod that a node refused, when it
   * became unready, was deleted, or was made.
   */
  static Instant finishTime(KubeObject pod) {
    JsonNode ready = Conditions.find(pod, "Ready");
    boolean unready = ready.path("status").asText().equals("False");
    Instant deleted = Timestamps.parse(pod.text("metadata", "deletionTimestamp"));
    long grace = pod.metadata().path("deletionGracePeriodSeconds").asLong(0);
    return Stream.of(
            lastEnd(pod),
            unready ? Timestamps.parse(ready.path("lastTransitionTime").asText("")) : null,
            deleted == null ? null : deleted.minusSeconds(grace),
            Timestamps.parse(pod.text("metadata", "creationTimestamp")))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(Instant.EPOCH);
  }

  /** Null where one has not ended, or there is none. Sidecars end later than the others. */
  private static @Nullable Instant lastEnd(KubeObject pod) {
    Set<String> sidecars = new HashSet<>();
    for (JsonNode container : pod.at("spec", "initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        sidecars.add(container.path("name").asText());
      }
    }
    List<JsonNode> statuses = new ArrayList<>();
    pod.at("status", "containerStatuses").forEach(statuses::add);
    pod.at("status", "initContainerStatuses")
        .forEach(s -> {
          if (sidecars.contains(s.path("name").asText())) {
            statuses.add(s);
          }
        });
    Instant latest = null;
    for (JsonNode status : statuses) {
      Instant at =
          Timestamps.parse(status.path("state").path("terminated").path("finishedAt").asText(""));
      if (at == null) {
        return null;
      }
      latest = latest == null || at.isAfter(latest) ? at : latest;
    }
    return latest;
  }

  List<Integer> freeIndexes(
      KubeObject job,
      JsonNode status,
      List<KubeObject> all,
      Map<Integer, KubeObject> awaiting,
      int count) {
    return openIndexes(job, status, all).stream()
        .filter(i -> ofIndex(awaiting.get(i)).isZero())
        .limit(count)
        .toList();
  }

  /** Those that are neither done, nor failed for good, nor at work. */
  private static TreeSet<Integer> openIndexes(
      KubeObject job, JsonNode status, List<KubeObject> all) {
    TreeSet<Integer> open = new TreeSet<>();
    for (int i = 0; i < job.at("spec", "completions").asInt(0); i++) {
      open.add(i);
    }
    open.removeAll(JobCounts.parse(status.path("completedIndexes").asText("")));
    open.removeAll(FailedIndexes.of(job, status));
    all.stream()
        .filter(Pods::isActive)
        .flatMap(p -> JobCounts.index(p).stream())
        .forEach(open::remove);
    return open;
  }
}
