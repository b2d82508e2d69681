package dev.coracle.apiserver.internal.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;

/**
 * A priority level as it is configured.
 *
 * @param shares of the server's concurrency, relative to the other levels'
 * @param lendablePercent of its seats that others may use
 * @param borrowingPercent of its seats that it may borrow beside them; negative: no limit
 * @param queues 0: what cannot run at once is rejected
 */
record LevelConfig(
    String name,
    String uid,
    boolean exempt,
    int shares,
    int lendablePercent,
    int borrowingPercent,
    int queues,
    int handSize,
    int queueLength) {

  /** Whether the queues are the same, so that what waits in them may go on waiting. */
  boolean queuesAs(LevelConfig other) {
    return exempt == other.exempt
        && queues == other.queues
        && handSize == other.handSize
        && queueLength == other.queueLength;
  }

  /** What its queues hold when all are full. */
  int mostWaiting() {
    return queues * queueLength;
  }

  static LevelConfig of(KubeObject object) {
    JsonNode spec = object.at("spec");
    if (spec.path("type").asText("").equals("Exempt")) {
      JsonNode exempt = spec.path("exempt");
      return new LevelConfig(
          object.name(),
          object.uid(),
          true,
          exempt.path("nominalConcurrencyShares").asInt(0),
          exempt.path("lendablePercent").asInt(0),
          -1,
          0,
          0,
          0);
    }
    JsonNode limited = spec.path("limited");
    JsonNode response = limited.path("limitResponse");
    JsonNode queuing = response.path("queuing");
    boolean queue = response.path("type").asText("").equals("Queue");
    return new LevelConfig(
        object.name(),
        object.uid(),
        false,
        limited.path("nominalConcurrencyShares").asInt(30),
        limited.path("lendablePercent").asInt(0),
        limited.path("borrowingLimitPercent").asInt(-1),
        queue ? Math.max(1, queuing.path("queues").asInt(64)) : 0,
        Math.max(1, queuing.path("handSize").asInt(8)),
        Math.max(1, queuing.path("queueLengthLimit").asInt(50)));
  }
}
