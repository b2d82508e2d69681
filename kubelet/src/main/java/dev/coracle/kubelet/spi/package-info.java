/**
 * Where the kubelet can be extended: {@link dev.coracle.kubelet.spi.RuntimeService}, the container
 * runtime as the kubelet sees it (over gRPC, or simulated).
 */
@NullMarked
package dev.coracle.kubelet.spi;

import org.jspecify.annotations.NullMarked;
