/** Tests. */
@NullMarked
package dev.coracle.kubelet.server.stats;

import org.jspecify.annotations.NullMarked;
