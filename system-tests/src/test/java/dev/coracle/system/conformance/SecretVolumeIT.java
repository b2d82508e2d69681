package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A Secret as files in a pod. */
@Conformance
class SecretVolumeIT {

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume [Conformance]"
          + " [NodeConformance]")
  void asFiles(Space space) {
    KeysAsFiles.SECRET.asFiles(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume as non-root with defaultMode"
          + " and fsGroup set [LinuxOnly] [Conformance] [NodeConformance]")
  void asNonRootWithGroup(Space space) {
    KeysAsFiles.SECRET.asNonRootWithGroup(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume with defaultMode set"
          + " [LinuxOnly] [Conformance] [NodeConformance]")
  void withDefaultMode(Space space) {
    KeysAsFiles.SECRET.withDefaultMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume with mappings [Conformance]"
          + " [NodeConformance]")
  void withMappings(Space space) {
    KeysAsFiles.SECRET.withMappings(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume with mappings and Item Mode"
          + " set [LinuxOnly] [Conformance] [NodeConformance]")
  void withItemMode(Space space) {
    KeysAsFiles.SECRET.withItemMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable in multiple volumes in a pod [Conformance]"
          + " [NodeConformance]")
  void twice(Space space) {
    KeysAsFiles.SECRET.twice(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets optional updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void optionalUpdates(Space space) {
    KeysAsFiles.SECRET.optionalUpdates(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be able to mount in a volume regardless of a different secret"
          + " existing with same name in different namespace [Conformance] [NodeConformance]")
  void sameNameElsewhere(Space space) {
    String other = space.namespace() + "-other";
    space.create("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(other));
    space.atEnd(() -> space.api().send("DELETE", "/api/v1/namespaces/" + other, "", "", Map.of()));
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: keys, namespace: %s}, stringData: {data-1: other}}"
            .formatted(other));
    KeysAsFiles.SECRET.asFiles(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be immutable if `immutable` field is set [Conformance]")
  void immutable(Space space) {
    KeysAsFiles.SECRET.create(space);
    space.edit("secrets", "keys", m -> ((ObjectNode) m.get("data")).put("data-4", "eA=="));
    space.edit("secrets", "keys", m -> m.put("immutable", true));
    ObjectNode changed = (ObjectNode) space.get("secrets", "keys");
    ((ObjectNode) changed.get("data")).put("data-5", "eA==");
    assertThat(space.tryUpdate(changed, "").refused(422).toString())
        .contains("data: Forbidden: field is immutable when `immutable` is set");
    ObjectNode mutable = (ObjectNode) space.get("secrets", "keys");
    assertThat(mutable.path("immutable").asBoolean()).isTrue();
    assertThat(mutable.path("data").size()).isEqualTo(4);
    mutable.put("immutable", false);
    assertThat(space.tryUpdate(mutable, "").refused(422).toString())
        .contains("immutable: Forbidden: field is immutable when `immutable` is set");
    ObjectNode labelled = (ObjectNode) space.get("secrets", "keys");
    ((ObjectNode) labelled.get("metadata")).putObject("labels").put("a", "b");
    space.update(labelled);
    space.delete("secrets", "keys");
  }
}
