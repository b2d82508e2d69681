package dev.coracle.api.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.jspecify.annotations.Nullable;

/**
 * How to delete.
 *
 * @param gracePeriodSeconds -1: the object's own default
 * @param propagationPolicy empty (the resource's default), {@code Orphan}, {@code Background} or
 *     {@code Foreground}
 * @param uid delete only if the object has this uid; empty for any
 * @param resourceVersion delete only if the object is at this version; empty for any
 * @param orphanDependents the older way to say the policy; null where it is not said so
 */
public record DeleteOptions(
    long gracePeriodSeconds,
    String propagationPolicy,
    String uid,
    String resourceVersion,
    boolean dryRun,
    @Nullable Boolean orphanDependents) {

  public DeleteOptions(
      long gracePeriodSeconds,
      String propagationPolicy,
      String uid,
      String resourceVersion,
      boolean dryRun) {
    this(gracePeriodSeconds, propagationPolicy, uid, resourceVersion, dryRun, null);
  }

  public static final DeleteOptions DEFAULT = new DeleteOptions(-1, "", "", "", false);

  public static DeleteOptions now() {
    return new DeleteOptions(0, "", "", "", false);
  }

  public static DeleteOptions background() {
    return new DeleteOptions(-1, "Background", "", "", false);
  }

  public DeleteOptions ifUid(String expected) {
    return new DeleteOptions(
        gracePeriodSeconds, propagationPolicy, expected, resourceVersion, dryRun, orphanDependents);
  }

  public DeleteOptions ifResourceVersion(String expected) {
    return new DeleteOptions(
        gracePeriodSeconds, propagationPolicy, uid, expected, dryRun, orphanDependents);
  }

  /** As {@link #propagationPolicy}, whichever way it is said. */
  public String policy() {
    if (!propagationPolicy.isEmpty() || orphanDependents == null) {
      return propagationPolicy;
    }
    return orphanDependents ? "Orphan" : "Background";
  }

  /** Reads the request body of a delete. */
  public static DeleteOptions of(JsonNode body) {
    JsonNode orphan = body.path("orphanDependents");
    boolean dryRun = false;
    for (JsonNode d : body.path("dryRun")) {
      dryRun |= "All".equals(d.asText());
    }
    return new DeleteOptions(
        body.path("gracePeriodSeconds").asLong(-1),
        body.path("propagationPolicy").asText(""),
        body.path("preconditions").path("uid").asText(""),
        body.path("preconditions").path("resourceVersion").asText(""),
        dryRun,
        orphan.isBoolean() ? orphan.booleanValue() : null);
  }

  public ObjectNode toJson() {
    ObjectNode node = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
    if (gracePeriodSeconds >= 0) {
      node.put("gracePeriodSeconds", gracePeriodSeconds);
    }
    if (!propagationPolicy.isEmpty()) {
      node.put("propagationPolicy", propagationPolicy);
    }
    if (orphanDependents != null) {
      node.put("orphanDependents", orphanDependents);
    }
    ObjectNode preconditions = Json.object();
    if (!uid.isEmpty()) {
      preconditions.put("uid", uid);
    }
    if (!resourceVersion.isEmpty()) {
      preconditions.put("resourceVersion", resourceVersion);
    }
    if (!preconditions.isEmpty()) {
      node.set("preconditions", preconditions);
    }
    if (dryRun) {
      node.putArray("dryRun").add("All");
    }
    return node;
  }
}
