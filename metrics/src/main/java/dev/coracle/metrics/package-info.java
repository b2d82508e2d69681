/**
 * What the cluster tells about itself in numbers: {@link dev.coracle.metrics.MetricsRegistry} holds
 * the meters of all components of a process, {@link dev.coracle.metrics.MetricsServer} the usage
 * behind {@code kubectl top} and autoscaling, {@link dev.coracle.metrics.KubeStateMetrics} the
 * state of the objects. {@link dev.coracle.metrics.MetricsEndpoint} serves what Prometheus scrapes.
 * Nothing here works while nobody asks.
 */
@NullMarked
package dev.coracle.metrics;

import org.jspecify.annotations.NullMarked;
