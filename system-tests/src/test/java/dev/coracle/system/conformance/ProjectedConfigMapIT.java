package dev.coracle.system.conformance;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A projected ConfigMap as files in a pod. */
@Conformance
class ProjectedConfigMapIT {

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume [Conformance]"
          + " [NodeConformance]")
  void asFiles(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.asFiles(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume as non-root"
          + " [Conformance] [NodeConformance]")
  void asNonRoot(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.asNonRoot(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with defaultMode"
          + " set [LinuxOnly] [Conformance] [NodeConformance]")
  void withDefaultMode(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.withDefaultMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with mappings"
          + " [Conformance] [NodeConformance]")
  void withMappings(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.withMappings(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with mappings and"
          + " Item mode set [LinuxOnly] [Conformance] [NodeConformance]")
  void withItemMode(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.withItemMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with mappings as"
          + " non-root [Conformance] [NodeConformance]")
  void mappingsAsNonRoot(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.mappingsAsNonRoot(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable in multiple volumes in the same pod"
          + " [Conformance] [NodeConformance]")
  void twice(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.twice(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void updates(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.updates(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap optional updates should be reflected in volume"
          + " [Conformance] [NodeConformance]")
  void optionalUpdates(Space space) {
    KeysAsFiles.PROJECTED_CONFIG_MAP.optionalUpdates(space);
  }
}
