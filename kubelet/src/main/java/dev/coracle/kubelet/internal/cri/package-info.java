/** CRI v1 over Vert.x gRPC on a UNIX socket. */
@NullMarked
package dev.coracle.kubelet.internal.cri;

import org.jspecify.annotations.NullMarked;
