/** Tests. */
@NullMarked
package dev.coracle.kubelet.server.internal.logs;

import org.jspecify.annotations.NullMarked;
