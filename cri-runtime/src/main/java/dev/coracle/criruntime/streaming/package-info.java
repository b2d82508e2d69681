/**
 * Where the URLs of Exec, Attach and PortForward lead: single-use WebSockets on a loopback port.
 */
@NullMarked
package dev.coracle.criruntime.streaming;

import org.jspecify.annotations.NullMarked;
