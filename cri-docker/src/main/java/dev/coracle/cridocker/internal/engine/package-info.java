/** The Docker Engine API: HTTP/1.1 over the daemon's UNIX socket. */
@NullMarked
package dev.coracle.cridocker.internal.engine;

import org.jspecify.annotations.NullMarked;
