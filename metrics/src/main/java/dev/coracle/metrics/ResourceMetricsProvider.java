package dev.coracle.metrics;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.rest.ListOptions;
import io.smallrye.mutiny.Uni;

/**
 * One resource of {@code metrics.k8s.io/v1beta1}, {@code nodes} or {@code pods}: computed when
 * asked for, never stored. Objects are NodeMetrics and PodMetrics with {@code timestamp}, {@code
 * window} and {@code usage}, and carry the labels of what they measure, so label selectors select.
 */
public interface ResourceMetricsProvider {

  /** {@code NotFound} where it does not exist or was not measured yet. */
  Uni<KubeObject> get(String namespace, String name);

  /**
   * @param namespace empty for all
   */
  Uni<KubeList> list(String namespace, ListOptions options);
}
