package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A ConfigMap as files in a pod. */
@Conformance
class ConfigMapVolumeIT {

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable from pods in volume [Conformance]"
          + " [NodeConformance]")
  void asFiles(Space space) {
    KeysAsFiles.CONFIG_MAP.asFiles(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable from pods in volume as non-root [Conformance]"
          + " [NodeConformance]")
  void asNonRoot(Space space) {
    KeysAsFiles.CONFIG_MAP.asNonRoot(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable from pods in volume with defaultMode set"
          + " [LinuxOnly] [Conformance] [NodeConformance]")
  void withDefaultMode(Space space) {
    KeysAsFiles.CONFIG_MAP.withDefaultMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable from pods in volume with mappings [Conformance]"
          + " [NodeConformance]")
  void withMappings(Space space) {
    KeysAsFiles.CONFIG_MAP.withMappings(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable from pods in volume with mappings and Item mode"
          + " set [LinuxOnly] [Conformance] [NodeConformance]")
  void withItemMode(Space space) {
    KeysAsFiles.CONFIG_MAP.withItemMode(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable from pods in volume with mappings as non-root"
          + " [Conformance] [NodeConformance]")
  void mappingsAsNonRoot(Space space) {
    KeysAsFiles.CONFIG_MAP.mappingsAsNonRoot(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be consumable in multiple volumes in the same pod"
          + " [Conformance] [NodeConformance]")
  void twice(Space space) {
    KeysAsFiles.CONFIG_MAP.twice(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void updates(Space space) {
    KeysAsFiles.CONFIG_MAP.updates(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap optional updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void optionalUpdates(Space space) {
    KeysAsFiles.CONFIG_MAP.optionalUpdates(space);
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap binary data should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void binary(Space space) {
    space.create(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: map}
        data: {data-1: value-1}
        binaryData: {dump.bin: 3sr+utD+/w==}
        """);
    TestPod pod =
        new TestPod("reader")
            .readOnly("v", "{configMap: {name: map}}", "/v")
            .script("cat /v/data-1; echo; busybox hexdump -ve '1/1 \"%02x\"' /v/dump.bin");
    assertThat(space.run(pod)).isEqualTo("value-1\ndecafebad0feff\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] ConfigMap should be immutable if `immutable` field is set [Conformance]")
  void immutable(Space space) {
    KeysAsFiles.CONFIG_MAP.create(space);
    space.edit("configmaps", "keys", m -> ((ObjectNode) m.get("data")).put("data-4", "value-4"));
    space.edit("configmaps", "keys", m -> m.put("immutable", true));
    ObjectNode changed = (ObjectNode) space.get("configmaps", "keys");
    ((ObjectNode) changed.get("data")).put("data-5", "value-5");
    assertThat(space.tryUpdate(changed, "").refused(422).toString())
        .contains("data: Forbidden: field is immutable when `immutable` is set");
    ObjectNode mutable = (ObjectNode) space.get("configmaps", "keys");
    assertThat(mutable.path("immutable").asBoolean()).isTrue();
    assertThat(mutable.path("data").size()).isEqualTo(4);
    mutable.put("immutable", false);
    assertThat(space.tryUpdate(mutable, "").refused(422).toString())
        .contains("immutable: Forbidden: field is immutable when `immutable` is set");
    ObjectNode labelled = (ObjectNode) space.get("configmaps", "keys");
    ((ObjectNode) labelled.get("metadata")).putObject("labels").put("a", "b");
    space.update(labelled);
    space.delete("configmaps", "keys");
  }
}
