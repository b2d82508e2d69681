package dev.coracle.metrics;

import dev.coracle.api.KubeObject;
import dev.coracle.client.net.KubeletDocuments;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** Reads a kubelet's {@code /metrics/resource} (Prometheus text). */
public interface KubeletSource {

  /** The text, or a failure; does not block. */
  Uni<String> read(KubeObject node);

  /** Asks each kubelet by its API. */
  static KubeletSource of(KubeletDocuments kubelets) {
    return node -> kubelets.read(node, "/metrics/resource", 64 << 20, Duration.ofSeconds(30));
  }
}
