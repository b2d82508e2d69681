package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What says which authority the API server's certificate is of. */
class ServingTrustTest {

  private final Cluster c = new Cluster();

  private List<String> bundles() {
    return c.api.all(Resources.CLUSTER_TRUST_BUNDLES).stream().map(KubeObject::name).toList();
  }

  @Test
  void thereIsOneBundleOfTheAuthority() {
    assertThat(bundles()).hasSize(1);
    String name = bundles().getFirst();
    assertThat(name).matches("kubernetes\\.io:kube-apiserver-serving:[0-9a-f]{10}");
    KubeObject bundle = c.api.peek(Resources.CLUSTER_TRUST_BUNDLES, "", name);
    assertThat(bundle).isNotNull();
    assertThat(bundle.text("spec", "signerName")).isEqualTo("kubernetes.io/kube-apiserver-serving");
    assertThat(bundle.text("spec", "trustBundle")).isEqualTo("PEM");
    c.api.remove(Resources.CLUSTER_TRUST_BUNDLES, "", name);
    c.pass(Duration.ofSeconds(1));
    assertThat(bundles()).containsExactly(name);
    bundle("old", "kubernetes.io/kube-apiserver-serving");
    bundle("theirs", "example.com/signer");
    assertThat(bundles()).containsExactlyInAnyOrder(name, "theirs");
  }

  private void bundle(String name, String signer) {
    c.create(
        Resources.CLUSTER_TRUST_BUNDLES,
        "{\"apiVersion\":\"certificates.k8s.io/v1beta1\",\"kind\":\"ClusterTrustBundle\","
            + "\"metadata\":{\"name\":\""
            + name
            + "\"},\"spec\":{\"signerName\":\""
            + signer
            + "\",\"trustBundle\":\"X\"}}");
    c.pass(Duration.ofSeconds(1));
  }
}
