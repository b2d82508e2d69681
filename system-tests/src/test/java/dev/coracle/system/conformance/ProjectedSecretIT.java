package dev.coracle.system.conformance;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A projected Secret as files in a pod. */
@Conformance
class ProjectedSecretIT {

  @Test
  @DisplayName(
      "[sig-storage] Projected secret should be consumable from pods in volume [Conformance]"
          + " [NodeConformance]")
  void asFiles(Space space) {
    KeysAsFiles.PROJECTED_SECRET.asFiles(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected secret should be consumable from pods in volume as non-root with"
          + " defaultMode and fsGroup set [LinuxOnly] [Conformance] [NodeConformance]")
  void asNonRootWithGroup(Space space) {
    KeysAsFiles.PROJECTED_SECRET.asNonRootWithGroup(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected secret should be consumable from pods in volume with defaultMode set"
          + " [LinuxOnly] [Conformance] [NodeConformance]")
  void withDefaultMode(Space space) {
    KeysAsFiles.PROJECTED_SECRET.withDefaultMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected secret should be consumable from pods in volume with mappings"
          + " [Conformance] [NodeConformance]")
  void withMappings(Space space) {
    KeysAsFiles.PROJECTED_SECRET.withMappings(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected secret should be consumable from pods in volume with mappings and"
          + " Item Mode set [LinuxOnly] [Conformance] [NodeConformance]")
  void withItemMode(Space space) {
    KeysAsFiles.PROJECTED_SECRET.withItemMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected secret should be consumable in multiple volumes in a pod"
          + " [Conformance] [NodeConformance]")
  void twice(Space space) {
    KeysAsFiles.PROJECTED_SECRET.twice(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected secret optional updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void optionalUpdates(Space space) {
    KeysAsFiles.PROJECTED_SECRET.optionalUpdates(space);
  }
}
