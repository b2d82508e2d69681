package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.StorageClasses;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Lister;
import java.util.Optional;

/**
 * What drivers say they have left (KEP-1472), by CSIStorageCapacity objects of their provisioners.
 * Drivers that do not say so in their CSIDriver object are taken to have enough.
 */
public final class StorageCapacity {

  private final Lister drivers;
  private final Lister capacities;

  public StorageCapacity(Lister drivers, Lister capacities) {
    this.drivers = drivers;
    this.capacities = capacities;
  }

  boolean isEnough(KubeObject claim, Optional<KubeObject> storageClass, KubeObject node) {
    String provisioner = storageClass.map(c -> c.text("provisioner")).orElse("");
    boolean tells =
        drivers
            .get("", provisioner)
            .map(d -> d.at("spec", "storageCapacity").asBoolean(false))
            .orElse(false);
    if (!tells) {
      return true;
    }
    Quantity size =
        Quantity.tryParse(claim.at("spec", "resources", "requests", "storage").asText(""));
    return capacities.list().stream()
        .filter(c ->
            c.text("storageClassName").equals(StorageClasses.of(claim))
                && c.at("nodeTopology").isObject()
                && LabelSelector.of(c.at("nodeTopology")).matches(node))
        .anyMatch(c -> size == null || fits(size, c));
  }

  private static boolean fits(Quantity size, KubeObject capacity) {
    JsonNode largest = capacity.at("maximumVolumeSize");
    Quantity most =
        Quantity.tryParse(
            largest.isTextual() ? largest.asText() : capacity.at("capacity").asText(""));
    return most != null && most.compareTo(size) >= 0;
  }
}
