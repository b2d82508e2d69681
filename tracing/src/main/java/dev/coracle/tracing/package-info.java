/**
 * Traces of components: spans by OpenTelemetry, sent by OTLP over gRPC.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/cluster-administration/system-traces/">Traces
 *     For Kubernetes System Components</a>
 */
@NullMarked
package dev.coracle.tracing;

import org.jspecify.annotations.NullMarked;
