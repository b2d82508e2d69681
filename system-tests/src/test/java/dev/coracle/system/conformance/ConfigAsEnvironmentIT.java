package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** ConfigMaps and Secrets as environment variables, and as objects. */
@Conformance
class ConfigAsEnvironmentIT {

  @Test
  @DisplayName(
      "[sig-node] ConfigMap should be consumable via environment variable [Conformance]"
          + " [NodeConformance]")
  void oneVariable(Space space) {
    space.create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {data-1: value-1}}");
    TestPod pod =
        new TestPod("env")
            .container(
                "{env: [{name: DATA, valueFrom: {configMapKeyRef: {name: map, key: data-1}}}]}")
            .script("echo $DATA");
    assertThat(space.run(pod)).isEqualTo("value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-node] ConfigMap should be consumable via the environment [Conformance]"
          + " [NodeConformance]")
  void allOfIt(Space space) {
    space.create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {data_1: one, data_2:"
            + " two}}");
    TestPod pod =
        new TestPod("env")
            .container(
                "{envFrom: [{configMapRef: {name: map}}, {prefix: p_, configMapRef: {name: map}}]}")
            .script("echo $data_1 $data_2 $p_data_1 $p_data_2");
    assertThat(space.run(pod)).isEqualTo("one two one two\n");
  }

  @Test
  @DisplayName(
      "[sig-node] ConfigMap should be consumable as environment variable names with various"
          + " prefixes [Conformance]")
  void prefixes(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {a: one}}");
    TestPod pod =
        new TestPod("env")
            .container(
                """
                envFrom:
                - {prefix: p_, configMapRef: {name: map}}
                - {prefix: p-, configMapRef: {name: map}}
                - {prefix: p., configMapRef: {name: map}}
                """)
            .container("{command: [env]}");
    assertThat(space.run(pod)).contains("p_a=one\n", "p-a=one\n", "p.a=one\n");
  }

  @Test
  @DisplayName("[sig-node] ConfigMap should fail to create ConfigMap with empty key [Conformance]")
  void emptyKey(Space space) {
    Reply reply =
        space.tryCreate("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {'': x}}");
    assertThat(reply.refused(422).path("reason").asText()).isEqualTo("Invalid");
  }

  @Test
  @DisplayName("[sig-node] ConfigMap should run through a ConfigMap lifecycle [Conformance]")
  void lifecycle(Space space) {
    try (Watcher watcher = space.watch("configmaps", "&labelSelector=test%3Dmap")) {
      space.create(
          "{apiVersion: v1, kind: ConfigMap, metadata: {name: map, labels: {test: map}}, data: {a:"
              + " b}}");
      watcher.expect("ADDED", "map");
      space.strategic("configmaps", "map", "{metadata: {labels: {more: x}}, data: {a: c}}");
      JsonNode patched = watcher.expect("MODIFIED", "map");
      assertThat(text(patched, "/object/data/a")).isEqualTo("c");
      assertThat(text(patched, "/object/metadata/labels/more")).isEqualTo("x");
      JsonNode everywhere =
          space
              .api()
              .get(space.everywhere("configmaps") + "?labelSelector=test%3Dmap,more%3Dx")
              .ok();
      assertThat(Space.items(everywhere)).anyMatch(m -> text(m, "/data/a").equals("c"));
      space.deleteAll("configmaps", "test=map");
      watcher.expect("DELETED", "map");
      assertThat(space.list("configmaps", "test=map")).isEmpty();
    }
  }

  @Test
  @DisplayName(
      "[sig-node] ConfigMap should update ConfigMap successfully [Conformance] [NodeConformance]")
  void update(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}}");
    space.edit("configmaps", "map", m -> m.putObject("data").put("data", "value"));
    assertThat(text(space.get("configmaps", "map"), "/data/data")).isEqualTo("value");
  }

  @Test
  @DisplayName(
      "[sig-node] Secrets should be consumable from pods in env vars [Conformance]"
          + " [NodeConformance]")
  void secretVariable(Space space) {
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {data-1: value-1}}");
    TestPod pod =
        new TestPod("env")
            .container("{env: [{name: DATA, valueFrom: {secretKeyRef: {name: s, key: data-1}}}]}")
            .script("echo $DATA");
    assertThat(space.run(pod)).isEqualTo("value-1\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Secrets should be consumable via the environment [Conformance] [NodeConformance]")
  void secretAll(Space space) {
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {data_1: one, data_2:"
            + " two}}");
    TestPod pod =
        new TestPod("env")
            .container("{envFrom: [{secretRef: {name: s}}, {prefix: p_, secretRef: {name: s}}]}")
            .script("echo $data_1 $data_2 $p_data_1 $p_data_2");
    assertThat(space.run(pod)).isEqualTo("one two one two\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Secrets should be consumable as environment variable names variable names with"
          + " various prefixes [Conformance]")
  void secretPrefixes(Space space) {
    space.create("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: one}}");
    TestPod pod =
        new TestPod("env")
            .container(
                """
                envFrom:
                - {prefix: p_, secretRef: {name: s}}
                - {prefix: p-, secretRef: {name: s}}
                - {prefix: p., secretRef: {name: s}}
                """)
            .container("{command: [env]}");
    assertThat(space.run(pod)).contains("p_a=one\n", "p-a=one\n", "p.a=one\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Secrets should fail to create secret due to empty secret key [Conformance]")
  void emptySecretKey(Space space) {
    Reply reply =
        space.tryCreate(
            "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {'': dmFsdWU=}}");
    assertThat(reply.refused(422).path("reason").asText()).isEqualTo("Invalid");
  }

  @Test
  @DisplayName("[sig-node] Secrets should patch a secret [Conformance]")
  void patchSecret(Space space) {
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: s, labels: {t: x}}, stringData: {key:"
            + " value}}");
    assertThat(
            Space.items(space.api().get(space.everywhere("secrets") + "?labelSelector=t%3Dx").ok()))
        .anyMatch(s -> text(s, "/data/key").equals("dmFsdWU="));
    space.strategic("secrets", "s", "{metadata: {labels: {t: patched}}, data: {key: dmFsdWUx}}");
    assertThat(space.list("secrets", "t=x")).isEmpty();
    JsonNode all = space.api().get(space.everywhere("secrets") + "?labelSelector=t%3Dpatched").ok();
    assertThat(Space.items(all)).anyMatch(s -> text(s, "/data/key").equals("dmFsdWUx"));
    space.deleteAll("secrets", "t=patched");
    assertThat(space.list("secrets", "t=patched")).isEmpty();
  }
}
