package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A projected ConfigMap as files in a pod. */
@Conformance
class ProjectedConfigMapIT {

  private static final String MAP =
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: map}
      data: {data-1: value-1, data-2: value-2, data-3: value-3}
      """;

  private static String volume(String more) {
    return "{projected: {sources: [{configMap: {name: map" + more + "}}]}}";
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume [Conformance]"
          + " [NodeConformance]")
  void asFiles(Space space) {
    space.create(MAP);
    TestPod pod = new TestPod("reader").volume("v", volume(""), "/v").script("cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume as non-root"
          + " [Conformance] [NodeConformance]")
  void asNonRoot(Space space) {
    space.create(MAP);
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {runAsUser: 1000}}")
            .volume("v", volume(""), "/v")
            .script("id -u; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("1000\nvalue-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with defaultMode"
          + " set [LinuxOnly] [Conformance] [NodeConformance]")
  void withDefaultMode(Space space) {
    space.create(MAP);
    TestPod pod =
        new TestPod("reader")
            .volume(
                "v", "{projected: {defaultMode: 256, sources: [{configMap: {name: map}}]}}", "/v")
            .script("stat -L -c %a /v/data-1; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("400\nvalue-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with mappings"
          + " [Conformance] [NodeConformance]")
  void withMappings(Space space) {
    space.create(MAP);
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume(", items: [{key: data-2, path: path/to/data-2}]"), "/v")
            .script("cat /v/path/to/data-2; ls /v");
    assertThat(space.run(pod)).isEqualTo("value-2path\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with mappings and"
          + " Item mode set [LinuxOnly] [Conformance] [NodeConformance]")
  void withItemMode(Space space) {
    space.create(MAP);
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume(", items: [{key: data-2, path: a/b, mode: 256}]"), "/v")
            .script("stat -L -c %a /v/a/b; cat /v/a/b");
    assertThat(space.run(pod)).isEqualTo("400\nvalue-2\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable from pods in volume with mappings as"
          + " non-root [Conformance] [NodeConformance]")
  void mappingsAsNonRoot(Space space) {
    space.create(MAP);
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {runAsUser: 1000}}")
            .volume("v", volume(", items: [{key: data-2, path: path/to/data-2}]"), "/v")
            .script("cat /v/path/to/data-2");
    assertThat(space.run(pod)).isEqualTo("value-2\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap should be consumable in multiple volumes in the same pod"
          + " [Conformance] [NodeConformance]")
  void twice(Space space) {
    space.create(MAP);
    TestPod pod =
        new TestPod("reader")
            .volume("one", volume(""), "/one")
            .volume("two", volume(""), "/two")
            .script("cat /one/data-1 /two/data-1");
    assertThat(space.run(pod)).isEqualTo("value-1value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void updates(Space space) {
    space.create(MAP);
    space.start(
        TestPod.sleeping("reader")
            .volume("v", volume(""), "/v")
            .script("while true; do cat /v/data-1; echo; sleep 1; done"));
    space.awaitLog("reader", "main", "value-1");
    space.merge("configmaps", "map", "{data: {data-1: changed}}");
    space.awaitLog("reader", "main", "changed");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected configMap optional updates should be reflected in volume"
          + " [Conformance] [NodeConformance]")
  void optionalUpdates(Space space) {
    String map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}, data: {key: %s}}";
    space.create(map.formatted("deleted", "old"));
    space.create(map.formatted("updated", "old"));
    space.start(
        new TestPod("reader")
            .volume(
                "d", "{projected: {sources: [{configMap: {name: deleted, optional: true}}]}}", "/d")
            .volume(
                "u", "{projected: {sources: [{configMap: {name: updated, optional: true}}]}}", "/u")
            .volume(
                "c", "{projected: {sources: [{configMap: {name: created, optional: true}}]}}", "/c")
            .script(
                "while true; do echo \"d=$(cat /d/key 2>&1) u=$(cat /u/key) c=$(cat /c/key"
                    + " 2>&1).\"; sleep 1; done"));
    space.awaitLog("reader", "main", "d=old u=old");
    space.delete("configmaps", "deleted");
    space.merge("configmaps", "updated", "{data: {key: new}}");
    space.create(map.formatted("created", "made"));
    space.awaitLog(
        "reader", "main", "d=cat: can't open '/d/key': No such file or directory u=new c=made.");
  }
}
