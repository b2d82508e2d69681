package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What came of one metric. */
sealed interface Outcome {

  /**
   * @param current as the status shows it
   * @param name as it stands in conditions and events
   */
  record Value(int replicas, ObjectNode current, String name) implements Outcome {}

  /**
   * @param message of the condition and the event
   * @param told as it is put where all failures are counted
   */
  record Missing(String reason, String message, String told) implements Outcome {
    /** The reason of an autoscaler's own mistake. */
    static final String NO_SUCH_TYPE = "InvalidMetricSourceType";
  }
}
