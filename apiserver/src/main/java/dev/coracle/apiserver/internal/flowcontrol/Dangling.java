package dev.coracle.apiserver.internal.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the status of a FlowSchema whether the priority level that it names is there. The object
 * is written without going through admission: several servers come to the same.
 */
final class Dangling {

  private static final Logger LOG = LoggerFactory.getLogger(Dangling.class);
  private static final String CONDITION = "Dangling";

  private final ResourceStore store;
  private final GroupResource schemas;
  private final Clock clock;

  Dangling(ResourceStore store, GroupResource schemas, Clock clock) {
    this.store = store;
    this.schemas = schemas;
    this.clock = clock;
  }

  /**
   * @param levels those there are
   */
  void check(KubeObject schema, Set<String> levels) {
    String level = schema.text("spec", "priorityLevelConfiguration", "name");
    boolean dangles = !levels.contains(level);
    if (schema.isDeleting() || says(schema, dangles)) {
      return;
    }
    store
        .update(
            schemas,
            schema.key(),
            current ->
                Uni.createFrom()
                    .item(
                        says(current, dangles)
                                || !current
                                    .text("spec", "priorityLevelConfiguration", "name")
                                    .equals(level)
                            ? current
                            : current.with(o -> put(o, level, dangles))))
        .subscribe()
        .with(_ -> {}, failure -> report(schema, failure));
  }

  private static boolean says(KubeObject schema, boolean dangles) {
    for (JsonNode condition : schema.at("status", "conditions")) {
      if (condition.path("type").asText("").equals(CONDITION)) {
        return condition.path("status").asText("").equals(dangles ? "True" : "False");
      }
    }
    return false;
  }

  private void put(ObjectNode schema, String level, boolean dangles) {
    ObjectNode status = schema.withObjectProperty("status");
    ArrayNode conditions = Json.array();
    for (JsonNode condition : status.path("conditions")) {
      if (!condition.path("type").asText("").equals(CONDITION)) {
        conditions.add(condition);
      }
    }
    conditions
        .addObject()
        .put("type", CONDITION)
        .put("status", dangles ? "True" : "False")
        .put("lastTransitionTime", Timestamps.time(clock.instant()))
        .put("reason", dangles ? "NotFound" : "Found")
        .put(
            "message",
            "This FlowSchema references the PriorityLevelConfiguration object named \""
                + level
                + (dangles ? "\" but there is no such object" : "\" and it exists"));
    status.set("conditions", conditions);
  }

  private static void report(KubeObject schema, Throwable failure) {
    if (!StatusException.isNotFound(failure)) {
      LOG.atWarn()
          .setMessage("cannot write the status of a FlowSchema")
          .addKeyValue("name", schema.name())
          .addKeyValue("why", failure.getMessage())
          .log();
    }
  }
}
