/** The end of a node with grace for its pods. */
@NullMarked
package dev.coracle.kubelet.internal.shutdown;

import org.jspecify.annotations.NullMarked;
