package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.List;

/** CSIDrivers have no generation until one of the fields that may change has changed. */
public final class CsiDriverStrategy implements KindStrategy {

  private static final List<String> COUNTED =
      List.of(
          "tokenRequests",
          "requiresRepublish",
          "seLinuxMount",
          "nodeAllocatableUpdatePeriodSeconds",
          "serviceAccountTokenInSecrets");

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean allowsUnconditionalUpdate() {
    return false;
  }

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    JsonNode old = before.at("spec");
    boolean same =
        COUNTED.stream().allMatch(field -> now.path("spec").path(field).equals(old.path(field)));
    if (!same) {
      long generation = before.metadata().path("generation").asLong(0);
      now.withObjectProperty("metadata").put("generation", generation + 1);
    }
  }
}
