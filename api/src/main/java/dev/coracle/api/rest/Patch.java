package dev.coracle.api.rest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.util.List;
import java.util.function.Consumer;

/**
 * A change of one object.
 *
 * @param force for {@link PatchType#APPLY}: take over fields that others own
 * @param problems what is wrong with the form in which it was sent, and told when it is used
 */
public record Patch(PatchType type, JsonNode body, boolean force, List<String> problems) {

  public Patch(PatchType type, JsonNode body, boolean force) {
    this(type, body, force, List.of());
  }

  public static Patch merge(Consumer<com.fasterxml.jackson.databind.node.ObjectNode> fill) {
    com.fasterxml.jackson.databind.node.ObjectNode body = Json.object();
    fill.accept(body);
    return new Patch(PatchType.MERGE, body, false);
  }

  public static Patch strategic(Consumer<com.fasterxml.jackson.databind.node.ObjectNode> fill) {
    com.fasterxml.jackson.databind.node.ObjectNode body = Json.object();
    fill.accept(body);
    return new Patch(PatchType.STRATEGIC_MERGE, body, false);
  }

  public static Patch json(JsonNode operations) {
    return new Patch(PatchType.JSON, operations, false);
  }

  public static Patch apply(JsonNode configuration, boolean force) {
    return new Patch(PatchType.APPLY, configuration, force);
  }
}
