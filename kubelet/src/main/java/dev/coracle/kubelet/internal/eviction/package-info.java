/** Pods refused or ended because the node runs short; images removed when the disk does. */
@NullMarked
package dev.coracle.kubelet.internal.eviction;

import org.jspecify.annotations.NullMarked;
