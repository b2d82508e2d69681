/**
 * Channels of exec, attach and port-forward: WebSocket and SPDY ends, for clients and for the
 * runtime, and the bridge between them.
 */
@NullMarked
package dev.coracle.kubelet.server.internal.stream;

import org.jspecify.annotations.NullMarked;
