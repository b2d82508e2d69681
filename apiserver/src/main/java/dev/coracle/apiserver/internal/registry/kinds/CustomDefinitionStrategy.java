package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;

/** Definitions of custom resources remember which versions objects may be stored in. */
public final class CustomDefinitionStrategy implements KindStrategy {

  private static final ResetFields BY_CONTROLLERS = ResetFields.of("metadata", "spec");
  private static final String FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

  @Override
  public boolean allowsUnconditionalUpdate() {
    return false;
  }

  /** Metadata may come with the status, as upstream lets it, but is nobody's by that. */
  @Override
  public ResetFields resetFields(String subresource) {
    return subresource.equals("status")
        ? BY_CONTROLLERS
        : KindStrategy.super.resetFields(subresource);
  }

  @Override
  public void prepareForCreate(ObjectNode definition, Call call) {
    ObjectNode status = definition.putObject("status");
    String stored = storageVersion(definition);
    ArrayNode versions = status.putArray("storedVersions");
    if (!stored.isEmpty()) {
      versions.add(stored);
    }
    status.putArray("conditions");
  }

  /** Without any, the version that objects are stored in now is one. */
  @Override
  public void decoded(ObjectNode definition) {
    String stored = storageVersion(definition);
    if (!stored.isEmpty() && definition.path("status").path("storedVersions").isEmpty()) {
      definition.withObjectProperty("status").putArray("storedVersions").add(stored);
    }
  }

  @Override
  public boolean isFirstMarked() {
    return true;
  }

  /**
   * A writer who left the finalizer out would leave the objects behind, so it comes with the
   * deletion.
   */
  @Override
  public void prepareForDeletion(ObjectNode definition) {
    ObjectNode metadata = definition.withObjectProperty("metadata");
    ArrayNode finalizers =
        metadata.get("finalizers") instanceof ArrayNode a ? a : metadata.putArray("finalizers");
    if (finalizers.valueStream().noneMatch(f -> f.asText().equals(FINALIZER))) {
      finalizers.add(FINALIZER);
    }
    ObjectNode status = definition.withObjectProperty("status");
    ArrayNode conditions =
        status.get("conditions") instanceof ArrayNode a ? a : status.putArray("conditions");
    if (conditions.valueStream().noneMatch(c -> c.path("type").asText().equals("Terminating"))) {
      conditions
          .addObject()
          .put("type", "Terminating")
          .put("status", "True")
          .put("lastTransitionTime", metadata.path("deletionTimestamp").asText())
          .put("reason", "InstanceDeletionPending")
          .put(
              "message",
              "CustomResourceDefinition marked for deletion; CustomResource deletion will begin"
                  + " soon");
    }
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (!call.subresource().isEmpty()) {
      return;
    }
    String stored = storageVersion(now);
    if (stored.isEmpty()) {
      // Validation refuses it, for what is wrong with spec.versions.
      return;
    }
    ObjectNode status = now.withObjectProperty("status");
    ArrayNode versions =
        status.get("storedVersions") instanceof ArrayNode a ? a : status.putArray("storedVersions");
    for (JsonNode v : versions) {
      if (v.asText().equals(stored)) {
        return;
      }
    }
    versions.add(stored);
  }

  private static String storageVersion(ObjectNode definition) {
    for (JsonNode version : definition.path("spec").path("versions")) {
      if (version.path("storage").asBoolean(false)) {
        return version.path("name").asText("");
      }
    }
    return "";
  }
}
