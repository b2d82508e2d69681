package dev.coracle.scheduler.spi;

/**
 * What a plugin says to a pod, on a node or at all. The reasons are the words that users see in
 * {@code FailedScheduling}.
 */
public sealed interface Verdict {

  record Ok() implements Verdict {}

  /** Not now; other pods' going might help. */
  record Unschedulable(String plugin, String reason) implements Verdict {}

  /** Not now, and preempting pods would not help. */
  record Unresolvable(String plugin, String reason) implements Verdict {}

  Verdict OK = new Ok();

  default boolean ok() {
    return this instanceof Ok;
  }
}
