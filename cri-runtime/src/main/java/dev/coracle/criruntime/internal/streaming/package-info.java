/** Exec, attach and port-forward over WebSockets on a loopback port, with single-use URLs. */
@NullMarked
package dev.coracle.criruntime.internal.streaming;

import org.jspecify.annotations.NullMarked;
