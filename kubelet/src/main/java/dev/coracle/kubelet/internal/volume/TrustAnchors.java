package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * The certificates of a {@code clusterTrustBundle} source: of one ClusterTrustBundle, or of all of
 * a signer's that have certain labels. Each stands once, in an order that says nothing (KEP-3257).
 */
final class TrustAnchors {
  private final ObjectSource objects;

  TrustAnchors(ObjectSource objects) {
    this.objects = objects;
  }

  /**
   * As PEM; empty where there is none and that is all right.
   *
   * @throws IllegalArgumentException there is none
   */
  byte[] of(Pod pod, JsonNode source) {
    TreeSet<String> blocks = new TreeSet<>();
    for (KubeObject bundle : bundles(pod, source)) {
      PemBlock.all(bundle.text("spec", "trustBundle")).stream()
          .filter(block -> block.type().equals("CERTIFICATE"))
          .forEach(block -> blocks.add(block.toString()));
    }
    return String.join("", blocks).getBytes(StandardCharsets.UTF_8);
  }

  private Collection<KubeObject> bundles(Pod pod, JsonNode source) {
    boolean optional = source.path("optional").asBoolean(false);
    String name = source.path("name").asText("");
    if (!name.isEmpty()) {
      try {
        return List.of(objects.get(pod.uid(), Resources.CLUSTER_TRUST_BUNDLES, "", name));
      } catch (StatusException e) {
        if (optional && StatusException.isNotFound(e)) {
          return List.of();
        }
        throw e;
      }
    }
    String signer = source.path("signerName").asText("");
    // Without a selector nothing is meant, with an empty one everything.
    LabelSelector labels =
        source.hasNonNull("labelSelector")
            ? LabelSelector.of(source.path("labelSelector"))
            : LabelSelector.NOTHING;
    List<KubeObject> found =
        objects
            .list(
                pod.uid(),
                Resources.CLUSTER_TRUST_BUNDLES,
                FieldSelector.equalTo("spec.signerName", signer))
            .stream()
            .filter(labels::matches)
            .toList();
    if (found.isEmpty() && !optional) {
      throw new IllegalArgumentException(
          "combination of signerName and labelSelector matched zero ClusterTrustBundles");
    }
    return found;
  }
}
