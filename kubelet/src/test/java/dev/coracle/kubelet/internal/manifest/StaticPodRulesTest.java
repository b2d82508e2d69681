package dev.coracle.kubelet.internal.manifest;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Manifests that no node may run, because the API could not show them. */
class StaticPodRulesTest {
  private static final ManifestReader READER = new ManifestReader("n1");

  private static void check(String name, String spec) {
    byte[] bytes =
        ("kind: Pod\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n")
            .getBytes(StandardCharsets.UTF_8);
    READER.pod(bytes, ManifestSource.Kind.FILE, "/m.yaml");
  }

  @Test
  void aPodThatNeedsNothingOfTheApiMayRun() {
    assertThatCode(() ->
            check(
                "web",
                "hostNetwork: true, initContainers: [{name: i, image: b}], containers: [{name: c,"
                    + " image: b, ports: [{containerPort: 80, hostPort: 80}], env: [{name: A,"
                    + " valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}], volumes: [{name: v,"
                    + " hostPath: {path: /etc}}, {name: d, projected: {sources: [{downwardAPI: {}}]}}]"))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Bad_Name | containers: [{name: c, image: b}] | metadata.name: Invalid value: \"Bad_Name-n1\"",
        "a | containers: [] | spec.containers: Required value",
        "a | restartPolicy: Sometimes, containers: [{name: c, image: b}] | spec.restartPolicy:"
            + " Unsupported value: \"Sometimes\"",
        "a | containers: [{name: C, image: b}] | spec.containers.name: Invalid value: \"C\"",
        "a | containers: [{name: c}] | spec.containers.image: Required value",
        "a | initContainers: [{name: c, image: b}], containers: [{name: c, image: b}] | Duplicate"
            + " value: \"c\"",
        "a | containers: [{name: c, image: b, ports: [{containerPort: 70000}]}] | must be between 1 and"
            + " 65535",
        "a | serviceAccountName: x, containers: [{name: c, image: b}] | static pods may not reference"
            + " serviceaccounts",
        "a | imagePullSecrets: [{name: x}], containers: [{name: c, image: b}] | static pods may not"
            + " reference secrets",
        "a | containers: [{name: c, image: b, envFrom: [{configMapRef: {name: x}}]}] | static pods may"
            + " not reference configmaps",
        "a | containers: [{name: c, image: b, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key:"
            + " k}}}]}] | static pods may not reference secrets",
        "a | containers: [{name: c, image: b}], volumes: [{name: v, persistentVolumeClaim: {claimName:"
            + " x}}] | static pods may not reference persistentvolumeclaims",
        "a | containers: [{name: c, image: b}], volumes: [{name: v, projected: {sources:"
            + " [{serviceAccountToken: {path: t}}]}}] | static pods may not reference serviceaccounts",
      })
  void whatTheApiWouldRefuseDoesNotRun(String name, String spec, String why) {
    assertThatThrownBy(() -> check(name, spec))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
