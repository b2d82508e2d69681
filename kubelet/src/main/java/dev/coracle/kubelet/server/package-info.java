/**
 * The kubelet's HTTPS API (port 10250): container logs, exec, attach, port-forward, stats, metrics
 * and health of one node.
 *
 * <p>{@link dev.coracle.kubelet.server.KubeletServer} is the door. It knows nothing of CRI or of
 * the SyncLoop: what it needs from the rest of the kubelet comes in through {@link
 * dev.coracle.kubelet.server.KubeletServerBackend}. Requests arrive as kubectl sent them (the API
 * server only tunnels bytes after the upgrade), so every client protocol is spoken here: WebSocket
 * channels v4 and v5, SPDY/3.1, and SPDY/3.1 inside a WebSocket.
 */
@NullMarked
package dev.coracle.kubelet.server;

import org.jspecify.annotations.NullMarked;
