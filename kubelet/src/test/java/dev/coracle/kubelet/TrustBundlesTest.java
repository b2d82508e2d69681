package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.certificates.PemBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Projected volumes of ClusterTrustBundles (KEP-3257). */
class TrustBundlesTest {
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private static String certificate(String content) {
    return new PemBlock("CERTIFICATE", content.getBytes(StandardCharsets.US_ASCII)).toString();
  }

  private void bundle(String name, String signer, String stage, String pem) {
    k.api.put(
        Resources.CLUSTER_TRUST_BUNDLES,
        KubeObject.create(
            new GroupVersionKind("certificates.k8s.io", "v1beta1", "ClusterTrustBundle"),
            "",
            name,
            node -> {
              node.withObjectProperty("metadata").putObject("labels").put("stage", stage);
              node.putObject("spec").put("signerName", signer).put("trustBundle", pem);
            }));
  }

  private KubeObject pod(String source) {
    return k.create(
        "p",
        """
        "volumes":[{"name":"ca","projected":{"sources":[
          {"clusterTrustBundle":{%s,"path":"ca.pem"}}]}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"ca","mountPath":"/ca"}]}]
        """
            .formatted(source));
  }

  private String file(KubeObject pod) throws IOException {
    Path volumes = k.data.resolve("kubelet/pods/" + pod.uid() + "/volumes");
    return Files.readString(volumes.resolve("kubernetes.io~projected/ca/ca.pem"));
  }

  @Test
  void oneByNameAsItChanges() throws Exception {
    bundle("roots", "", "live", "# ours\n" + certificate("one") + certificate("one"));
    KubeObject pod = pod("\"name\":\"roots\"");
    k.awaitPhase("p", "Running");
    assertThat(file(pod)).isEqualTo(certificate("one"));
    bundle("roots", "", "live", certificate("two"));
    k.eventually(() -> assertThat(file(pod)).isEqualTo(certificate("two")));
  }

  @Test
  void allOfASignerThatHaveTheLabels() throws Exception {
    bundle("example.com:s:a", "example.com/s", "live", certificate("a"));
    bundle("example.com:s:b", "example.com/s", "live", certificate("b") + certificate("a"));
    bundle("example.com:s:c", "example.com/s", "test", certificate("c"));
    bundle("example.com:t:d", "example.com/t", "live", certificate("d"));
    KubeObject pod =
        pod(
            "\"signerName\":\"example.com/s\",\"labelSelector\":{\"matchLabels\":{\"stage\":\"live\"}}");
    k.awaitPhase("p", "Running");
    assertThat(PemBlock.all(file(pod)))
        .extracting(b -> new String(b.content(), StandardCharsets.US_ASCII))
        .containsExactlyInAnyOrder("a", "b");
    bundle("example.com:s:e", "example.com/s", "live", certificate("e"));
    k.eventually(() -> assertThat(file(pod)).contains(certificate("e")));
  }

  @Test
  void whatIsMissingHoldsThePodBackUnlessItIsOptional() throws Exception {
    KubeObject pod = pod("\"name\":\"roots\",\"optional\":true");
    k.awaitPhase("p", "Running");
    assertThat(file(pod)).isEmpty();
    k.create(
        "q",
        """
        "volumes":[{"name":"ca","projected":{"sources":[{"clusterTrustBundle":
          {"signerName":"example.com/s","labelSelector":{},"path":"ca.pem"}}]}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"ca","mountPath":"/ca"}]}]
        """);
    k.eventually(
        () -> assertThat(k.events()).anyMatch(e -> e.contains("matched zero ClusterTrustBundles")));
    bundle("example.com:s:a", "example.com/s", "live", certificate("a"));
    k.awaitPhase("q", "Running");
  }
}
