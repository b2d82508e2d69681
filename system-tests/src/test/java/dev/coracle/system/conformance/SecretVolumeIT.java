package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A Secret as files in a pod. */
@Conformance
class SecretVolumeIT {

  private static final String SECRET =
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: secret}
      data: {data-1: dmFsdWUtMQ==, data-2: dmFsdWUtMg==}
      """;

  private static String volume(String more) {
    return "{secret: {secretName: secret" + more + "}}";
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume [Conformance]"
          + " [NodeConformance]")
  void asFiles(Space space) {
    space.create(SECRET);
    TestPod pod = new TestPod("reader").volume("v", volume(""), "/v").script("cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume as non-root with defaultMode"
          + " and fsGroup set [LinuxOnly] [Conformance] [NodeConformance]")
  void asNonRootWithGroup(Space space) {
    space.create(SECRET);
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {runAsUser: 1000, fsGroup: 1001}}")
            .volume("v", "{secret: {secretName: secret, defaultMode: 288}}", "/v")
            .script("stat -L -c '%a %g' /v/data-1; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("440 1001\nvalue-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume with defaultMode set"
          + " [LinuxOnly] [Conformance] [NodeConformance]")
  void withDefaultMode(Space space) {
    space.create(SECRET);
    TestPod pod =
        new TestPod("reader")
            .volume("v", "{secret: {secretName: secret, defaultMode: 256}}", "/v")
            .script("stat -L -c %a /v/data-1; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("400\nvalue-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume with mappings [Conformance]"
          + " [NodeConformance]")
  void withMappings(Space space) {
    space.create(SECRET);
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume(", items: [{key: data-1, path: new-path-data-1}]"), "/v")
            .script("cat /v/new-path-data-1");
    assertThat(space.run(pod)).isEqualTo("value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable from pods in volume with mappings and Item Mode"
          + " set [LinuxOnly] [Conformance] [NodeConformance]")
  void withItemMode(Space space) {
    space.create(SECRET);
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume(", items: [{key: data-1, path: p, mode: 256}]"), "/v")
            .script("stat -L -c %a /v/p; cat /v/p");
    assertThat(space.run(pod)).isEqualTo("400\nvalue-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be consumable in multiple volumes in a pod [Conformance]"
          + " [NodeConformance]")
  void twice(Space space) {
    space.create(SECRET);
    TestPod pod =
        new TestPod("reader")
            .volume("one", volume(""), "/one")
            .volume("two", volume(""), "/two")
            .script("cat /one/data-1 /two/data-1");
    assertThat(space.run(pod)).isEqualTo("value-1value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets optional updates should be reflected in volume [Conformance]"
          + " [NodeConformance]")
  void optionalUpdates(Space space) {
    String secret = "{apiVersion: v1, kind: Secret, metadata: {name: %s}, stringData: {key: %s}}";
    space.create(secret.formatted("deleted", "old"));
    space.create(secret.formatted("updated", "old"));
    space.start(
        new TestPod("reader")
            .volume("d", "{secret: {secretName: deleted, optional: true}}", "/d")
            .volume("u", "{secret: {secretName: updated, optional: true}}", "/u")
            .volume("c", "{secret: {secretName: created, optional: true}}", "/c")
            .script(
                "while true; do echo \"d=$(cat /d/key 2>&1) u=$(cat /u/key) c=$(cat /c/key"
                    + " 2>&1).\"; sleep 1; done"));
    space.awaitLog("reader", "main", "d=old u=old");
    space.delete("secrets", "deleted");
    space.merge("secrets", "updated", "{stringData: {key: new}}");
    space.create(secret.formatted("created", "made"));
    space.awaitLog(
        "reader", "main", "d=cat: can't open '/d/key': No such file or directory u=new c=made.");
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
        "{apiVersion: v1, kind: Secret, metadata: {name: secret, namespace: %s}, stringData: {data-1: other}}"
            .formatted(other));
    space.create(SECRET);
    TestPod pod = new TestPod("reader").volume("v", volume(""), "/v").script("cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Secrets should be immutable if `immutable` field is set [Conformance]")
  void immutable(Space space) {
    space.create(SECRET);
    space.edit("secrets", "secret", m -> m.put("immutable", true));
    ObjectNode changed = (ObjectNode) space.get("secrets", "secret");
    ((ObjectNode) changed.get("data")).put("data-1", "eA==");
    assertThat(space.tryUpdate(changed, "").refused(422).toString())
        .contains("data: Forbidden: field is immutable when `immutable` is set");
    ObjectNode mutable = (ObjectNode) space.get("secrets", "secret");
    mutable.put("immutable", false);
    assertThat(space.tryUpdate(mutable, "").refused(422).toString())
        .contains("immutable: Forbidden: field is immutable when `immutable` is set");
    ObjectNode labelled = (ObjectNode) space.get("secrets", "secret");
    ((ObjectNode) labelled.get("metadata")).putObject("labels").put("a", "b");
    space.update(labelled);
    space.delete("secrets", "secret");
  }
}
