package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Names an object's owner in the same namespace or in the cluster (KEP-less core concept: garbage
 * collection).
 */
public record OwnerReference(
    String apiVersion,
    String kind,
    String name,
    String uid,
    boolean controller,
    boolean blockOwnerDeletion) {

  public static OwnerReference of(JsonNode node) {
    return new OwnerReference(
        node.path("apiVersion").asText(""),
        node.path("kind").asText(""),
        node.path("name").asText(""),
        node.path("uid").asText(""),
        node.path("controller").asBoolean(false),
        node.path("blockOwnerDeletion").asBoolean(false));
  }

  /** The reference by which {@code owner} controls what it creates. */
  public static OwnerReference controlledBy(KubeObject owner) {
    return new OwnerReference(
        owner.apiVersion(), owner.kind(), owner.name(), owner.uid(), true, true);
  }

  public GroupVersionKind gvk() {
    return GroupVersionKind.of(apiVersion, kind);
  }

  public ObjectNode toJson() {
    ObjectNode node = Json.object();
    node.put("apiVersion", apiVersion).put("kind", kind).put("name", name).put("uid", uid);
    if (controller) {
      node.put("controller", true);
    }
    if (blockOwnerDeletion) {
      node.put("blockOwnerDeletion", true);
    }
    return node;
  }
}
