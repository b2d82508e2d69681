package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {data-1: value-1, data-2:"
            + " value-2, data-3: value-3}}");
    all(space, "configMapRef");
  }

  /** Every key of what is called map, as it is and with a prefix that no shell would take. */
  private static void all(Space space, String reference) {
    TestPod pod =
        new TestPod("env")
            .container(
                "{envFrom: [{%s: {name: map}}, {prefix: p-, %1$s: {name: map}}], command: [env]}"
                    .formatted(reference));
    assertThat(space.run(pod))
        .contains("\ndata-1=value-1\n", "\ndata-2=value-2\n", "\ndata-3=value-3\n")
        .contains("\np-data-1=value-1\n", "\np-data-2=value-2\n", "\np-data-3=value-3\n");
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
                - {prefix: 1-, configMapRef: {name: map}}
                - {prefix: '$(x) #@/', configMapRef: {name: map}}
                """)
            .container("{command: [env]}");
    assertThat(space.run(pod))
        .contains("p_a=one\n", "p-a=one\n", "p.a=one\n", "1-a=one\n", "$(x) #@/a=one\n");
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
    String map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {%s: value}}";
    space.create(map.formatted("data-1"));
    // Whatever its version is: none is given.
    ObjectNode changed = Manifest.parse(map.formatted("data"));
    space.update(changed);
    assertThat(space.get("configmaps", "map").path("data")).isEqualTo(changed.path("data"));
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
        "{apiVersion: v1, kind: Secret, metadata: {name: map}, stringData: {data-1: \"value-1\\n\","
            + " data-2: \"value-2\\n\", data-3: \"value-3\\n\"}}");
    all(space, "secretRef");
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
                - {prefix: 1-, secretRef: {name: s}}
                - {prefix: '$(x) #@/', secretRef: {name: s}}
                """)
            .container("{command: [env]}");
    assertThat(space.run(pod))
        .contains("p_a=one\n", "p-a=one\n", "p.a=one\n", "1-a=one\n", "$(x) #@/a=one\n");
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
