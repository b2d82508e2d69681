/** Probes and lifecycle handlers: exec, HTTP, TCP, gRPC, sleep. */
@NullMarked
package dev.coracle.kubelet.internal.probe;

import org.jspecify.annotations.NullMarked;
