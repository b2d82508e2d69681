/** Calls over UNIX sockets: to the container runtime and to plugins, and from plugins. */
@NullMarked
package dev.coracle.kubelet.internal.grpc;

import org.jspecify.annotations.NullMarked;
