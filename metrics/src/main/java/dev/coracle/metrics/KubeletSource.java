package dev.coracle.metrics;

import dev.coracle.api.KubeObject;
import io.smallrye.mutiny.Uni;

/**
 * Reads a kubelet's {@code /metrics/resource} (Prometheus text). For a kubelet of this process it
 * is a direct call, for all others {@link HttpsKubeletSource}.
 */
public interface KubeletSource {

  /** The text, or a failure; does not block. */
  Uni<String> read(KubeObject node);
}
