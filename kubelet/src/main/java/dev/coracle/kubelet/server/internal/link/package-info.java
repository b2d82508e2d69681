/**
 * Bytes both ways with back-pressure: over a socket, or inside WebSocket messages; and the
 * WebSocket framing itself.
 */
@NullMarked
package dev.coracle.kubelet.server.internal.link;

import org.jspecify.annotations.NullMarked;
