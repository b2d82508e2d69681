package dev.coracle.kubelet.internal.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Manifests of static pods: pods in the shape of their schema, or refused with the cause. */
class ManifestReaderFuzz {

  private static final ManifestReader READER = new ManifestReader("node");

  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, namespace: kube-system, labels: {a: b}, annotations: {c: d}}
      spec:
        hostNetwork: true
        tolerations: [{operator: Exists}]
        terminationGracePeriodSeconds: 5
        containers:
        - name: c
          image: i
          args: [a, "1"]
          env: [{name: E, value: v}]
          ports: [{containerPort: 80}]
          resources: {limits: {cpu: 100m, memory: 1Gi}}
        volumes: [{name: v, hostPath: {path: /x}}]
      """;

  @FuzzTest(maxDuration = "60s")
  void manifests(byte[] input) {
    read(input);
  }

  @Test
  void documents() throws InterruptedException {
    new Fuzzer()
        .seeds(
            POD,
            "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[]}}",
            "kind: Pod\nmetadata: {name: a}\nspec: &s {containers: [*s]}\n",
            "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nkind: Pod\nmetadata: {name: *c}\n")
        .words("&a ", "*a", "- ", "? ", ": ", "[", "{", "}", "]", "null", "1", "!!binary ", "~")
        .words("metadata: []\n", "spec: 1\n", "annotations: [1]", "tolerations: {}", "name: {}")
        .run(ManifestReaderFuzz::read);
  }

  private static void read(byte[] input) {
    try {
      KubeObject pod =
          READER.complete(
              ManifestReader.tree(ManifestReader.document(input)),
              ManifestSource.Kind.FILE,
              "web.yaml");
      assertThat(pod.name()).endsWith("-node");
      assertThat(pod.namespace()).isNotEmpty();
      assertThat(pod.uid()).isNotEmpty();
      pod.labels();
      pod.annotation(Pod.CONFIG_HASH).orElseThrow();
    } catch (StatusException e) {
      assertThat(e.status().code()).isEqualTo(400);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  /** By these the thread ended that follows the directory. */
  @Test
  void whatHasAnotherShapeIsRefused() {
    for (String part : new String[] {"annotations: [a]", "annotations: a", "labels: [a]"}) {
      assertThatThrownBy(
              () -> tree(bytes("kind: Pod\nmetadata: {name: a, " + part + "}\nspec: {}\n")))
          .as(part)
          .isInstanceOf(StatusException.class);
    }
    for (String spec : new String[] {"[]", "1", "{tolerations: {}}", "{containers: {}}"}) {
      assertThatThrownBy(() -> tree(bytes("kind: Pod\nmetadata: {name: a}\nspec: " + spec + "\n")))
          .as(spec)
          .isInstanceOf(StatusException.class);
    }
    assertThatThrownBy(() -> tree(bytes("kind: Pod\na: " + "[".repeat(60_000))))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("depth");
  }

  private static void tree(byte[] bytes) {
    ManifestReader.tree(ManifestReader.document(bytes));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
