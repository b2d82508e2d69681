package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.List;

/** Definitions of custom resources remember which versions objects may be stored in. */
public final class CustomDefinitionStrategy implements KindStrategy {

  private static final String FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

  @Override
  public boolean allowsUnconditionalUpdate() {
    return false;
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

  /** A writer who left it out would leave the objects behind, and so it comes with the deletion. */
  @Override
  public List<String> deletionFinalizers() {
    return List.of(FINALIZER);
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
