/** A small SPDY/3.1 codec and session: framing, header compression, flow control, streams. */
@NullMarked
package dev.coracle.kubelet.server.internal.spdy;

import org.jspecify.annotations.NullMarked;
