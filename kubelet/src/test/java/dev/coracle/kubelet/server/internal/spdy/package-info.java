/** Tests. */
@NullMarked
package dev.coracle.kubelet.server.internal.spdy;

import org.jspecify.annotations.NullMarked;
