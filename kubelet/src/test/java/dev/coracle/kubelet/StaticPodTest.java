package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods of manifests, and their mirrors. */
class StaticPodTest {
  @TempDir private Path manifests;

  private void write(String image) throws Exception {
    Path hidden = manifests.resolve(".static.yaml");
    Files.writeString(
        hidden,
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: static
          namespace: kube-system
        spec:
          containers:
          - name: s
            image: %s
        """
            .formatted(image));
    Files.move(
        hidden,
        manifests.resolve("static.yaml"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void aManifestRunsAndIsMirroredAndGoes() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.runtime.image("other:1");
      k.eventually(() -> {
        var mirror =
            k.api
                .get(dev.coracle.api.Resources.PODS, "kube-system", "static-n1")
                .await()
                .indefinitely();
        assertThat(mirror.text("status", "phase")).isEqualTo("Running");
        assertThat(mirror.annotation("kubernetes.io/config.mirror")).isPresent();
      });
      k.api
          .delete(dev.coracle.api.Resources.PODS, "kube-system", "static-n1", DeleteOptions.now())
          .await()
          .indefinitely();
      k.eventually(() ->
          assertThat(
                  k.api
                      .get(dev.coracle.api.Resources.PODS, "kube-system", "static-n1")
                      .await()
                      .indefinitely()
                      .text("status", "phase"))
              .isEqualTo("Running"));
      assertThat(k.runtime.calls().stream().filter(c -> c.startsWith("startContainer"))).hasSize(1);

      write("other:1");
      k.eventually(() ->
          assertThat(k.runtime.running("s").map(c -> c.getImageRef())).contains("sha256:other:1"));
      Files.delete(manifests.resolve("static.yaml"));
      k.eventually(() -> assertThat(k.runtime.running("s")).isEmpty());
      k.eventually(() ->
          assertThat(
                  k.api
                      .list(
                          dev.coracle.api.Resources.PODS,
                          "kube-system",
                          dev.coracle.api.rest.ListOptions.ALL)
                      .await()
                      .indefinitely()
                      .items())
              .isEmpty());
    }
  }

  @Test
  void aMirrorGoesWhoseManifestWentWhileNoKubeletWasThere() throws Exception {
    write("busybox:1");
    KubeletConfiguration chosen =
        KubeletConfiguration.parse(
            Json.parse(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "staticPodPath":"%s"}
                """
                    .formatted(manifests)
                    .getBytes(StandardCharsets.UTF_8)));
    try (KubeletHarness k = new KubeletHarness(o -> o.withConfiguration(chosen))) {
      k.eventually(() ->
          assertThat(
                  k.api
                      .get(dev.coracle.api.Resources.PODS, "kube-system", "static-n1")
                      .await()
                      .indefinitely()
                      .text("status", "phase"))
              .isEqualTo("Running"));
      k.stopKubelet();
      Files.delete(manifests.resolve("static.yaml"));
      k.restart();
      k.eventually(() -> {
        k.kubelet().housekeep();
        assertThat(
                k.api
                    .list(
                        dev.coracle.api.Resources.PODS,
                        "kube-system",
                        dev.coracle.api.rest.ListOptions.ALL)
                    .await()
                    .indefinitely()
                    .items())
            .isEmpty();
        assertThat(k.runtime.running("s")).isEmpty();
      });
    }
  }
}
