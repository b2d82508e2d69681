/** How pods get addresses; the built-in runtime uses it, and the shim for Docker. */
@NullMarked
package dev.coracle.criruntime.network;

import org.jspecify.annotations.NullMarked;
